-module(counter).
-export([start/0]).

start() ->
    {ok, Socket} = gen_tcp:listen(8081, [binary, {active, false}, {reuseaddr, true}]),
    serve(Socket, 1).

serve(Socket, Number) ->
    {ok, Client} = gen_tcp:accept(Socket),
    {ok, _} = gen_tcp:recv(Client, 0),
    ok = gen_tcp:send(Client, io_lib:format("HTTP/1.0 200 OK\r\n\r\nrequest ~p~n", [Number])),
    gen_tcp:close(Client),
    serve(Socket, Number + 1).
