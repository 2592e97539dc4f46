-- The requests of a file in turn, one a line: host, path, cookie, with tabs between them.
-- `wrk -s request-list.lua URL -- FILE`
local requests = {}
local at = 0

function init(args)
  for line in io.lines(args[1]) do
    local host, path, cookie = line:match("([^\t]*)\t([^\t]*)\t([^\t]*)")
    wrk.headers["Host"] = host
    wrk.headers["Cookie"] = cookie
    requests[#requests + 1] = wrk.format("GET", path)
  end
end

function request()
  at = at % #requests + 1
  return requests[at]
end
