#include <netinet/in.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

int main(void) {
    const char *answer = "HTTP/1.0 200 OK\r\nContent-Length: 6\r\n\r\nechoed";
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_port = htons(7000)};
    int one = 1, server = socket(AF_INET, SOCK_STREAM, 0);
    setsockopt(server, SOL_SOCKET, SO_REUSEADDR, &one, sizeof one);
    if (bind(server, (struct sockaddr *)&address, sizeof address) || listen(server, 8)) {
        perror("listen");
        return 1;
    }
    for (;;) {
        char request[1024];
        int client = accept(server, NULL, NULL);
        if (read(client, request, sizeof request) > 0 && write(client, answer, strlen(answer)) < 0)
            perror("write");
        close(client);
    }
}
