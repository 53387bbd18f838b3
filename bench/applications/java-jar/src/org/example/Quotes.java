package org.example;

import com.sun.net.httpserver.HttpServer;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;

/** Answers every request with a quote. */
public final class Quotes {
    private static final byte[] QUOTE = "Simplicity is prerequisite for reliability.".getBytes(StandardCharsets.UTF_8);

    public static void main(String[] arguments) throws IOException {
        HttpServer server = HttpServer.create(new InetSocketAddress(8080), 0);
        server.createContext("/", exchange -> {
            exchange.sendResponseHeaders(200, QUOTE.length);
            exchange.getResponseBody().write(QUOTE);
            exchange.close();
        });
        server.start();
    }
}
