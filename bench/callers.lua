-- Each request is sent by the next of the callers, whose Authorization headers are the arguments.
local callers, turn = {}, 0

function init(arguments)
  callers = arguments
end

function request()
  turn = turn % #callers + 1
  return wrk.format("GET", nil, { ["Authorization"] = callers[turn], ["Accept"] = "application/json" })
end
