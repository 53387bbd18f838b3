require "webrick"

File.write("tmp.pid", Process.pid)
server = WEBrick::HTTPServer.new(Port: ENV.fetch("PORT").to_i)
server.mount_proc("/") { |_, response| response.body = "ruby #{ENV.fetch("RACK_ENV")}" }
trap("TERM") { server.shutdown }
server.start
