local socket = require("socket")
local greeting = assert(io.open("config/greeting.txt")):read("a")
local server = assert(socket.bind("*", 8765))
while true do
  local client = server:accept()
  repeat local line = client:receive() until line == nil or line == ""
  client:send("HTTP/1.0 200 OK\r\n\r\n" .. greeting)
  client:close()
end
