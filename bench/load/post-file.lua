-- Every request is a POST of a file: `wrk -s post-file.lua URL -- FILE`
function init(args)
  local file = io.open(args[1], "rb")
  wrk.method = "POST"
  wrk.body = file:read("*a")
  file:close()
  request_bytes = wrk.format()
end

function request()
  return request_bytes
end
