-- Each request is sent by the next of the callers. The arguments are their Authorization headers, "Name: value" for
-- headers that all of them send, and "@METHOD body" for writes, which have a new Idempotency-Key each.
local callers, headers, turn, sent = {}, { ["Accept"] = "application/json" }, 0, 0
local method, body, run = "GET", nil, os.time() .. "-" .. tostring({}):match("%x+$")

function init(arguments)
  for _, argument in ipairs(arguments) do
    local name, value = argument:match("^([%a-]+): (.*)$")
    local verb, text = argument:match("^@(%u+) (.*)$")
    if verb then
      method, body, headers["Content-Type"] = verb, text, "application/json"
    elseif name then
      headers[name] = value
    else
      callers[#callers + 1] = argument
    end
  end
end

function request()
  turn = turn % #callers + 1
  headers["Authorization"] = callers[turn]
  if body then
    sent = sent + 1
    headers["Idempotency-Key"] = run .. "-" .. sent
  end
  return wrk.format(method, nil, headers, body)
end
