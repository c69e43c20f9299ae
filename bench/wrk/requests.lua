-- Sends the requests of a file, one after the other, each thread from a place of its own.
-- A line: method, path, bearer token, entity tag (which begins with its quote) or the coding that is
-- taken, body, separated by tabs; empty where there is none.
local number = 0

function setup(thread)
   thread:set("number", number)
   number = number + 1
end

function init(arguments)
   requests = {}
   for line in io.lines(arguments[1]) do
      local method, path, token, tag, body = line:match("^([^\t]*)\t([^\t]*)\t([^\t]*)\t([^\t]*)\t([^\t]*)$")
      local headers = {}
      if token ~= "" then headers["Authorization"] = "Bearer " .. token end
      if tag ~= "" then headers[tag:sub(1, 1) == '"' and "If-None-Match" or "Accept-Encoding"] = tag end
      if body ~= "" then headers["Content-Type"] = "application/json" end
      requests[#requests + 1] = wrk.format(method, path, headers, body ~= "" and body or nil)
   end
   count = #requests
   at = math.floor(number * count / tonumber(arguments[2]))
end

function request()
   at = at % count + 1
   return requests[at]
end

function done(summary, latency)
   local errors = summary.errors
   io.write(string.format(
      "RESULT %d %d %d %d %d %d\n",
      summary.requests, summary.duration, latency:percentile(50), latency:percentile(99),
      errors.connect + errors.read + errors.write + errors.timeout, errors.status
   ))
end
