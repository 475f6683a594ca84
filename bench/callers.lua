-- Each request is sent by the next of the callers. The arguments are their Authorization headers, and "Name: value" for
-- headers that all of them send.
local callers, headers, turn = {}, { ["Accept"] = "application/json" }, 0

function init(arguments)
  for _, argument in ipairs(arguments) do
    local name, value = argument:match("^([%a-]+): (.*)$")
    if name then headers[name] = value else callers[#callers + 1] = argument end
  end
end

function request()
  turn = turn % #callers + 1
  headers["Authorization"] = callers[turn]
  return wrk.format("GET", nil, headers)
end
