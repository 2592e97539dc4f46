-- Every request is a POST with a body of so many bytes: `wrk -s post-body.lua URL -- BYTES`.
function init(args)
  wrk.method = "POST"
  wrk.body = string.rep("x", tonumber(args[1]))
  wrk.headers["Content-Type"] = "application/octet-stream"
  request_bytes = wrk.format()
end

function request()
  return request_bytes
end
