/* An HTTP server that reads calls of batch APIs, counts their readers, keeps nothing.
 *
 * It answers as the provider does whose path is called. One thread per connection;
 * connections stay open. Prints its port, then runs until it is killed.
 * Build: cc -O2 -pthread -o http_sink http_sink.c
 */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <netinet/tcp.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <unistd.h>

#define ROOM (64 << 20) /* bytes of a call, and of an answer */
#define HEAD (64 << 10)

struct dialect {
    const char *path, *needle, *other; /* what stands once for each reader */
    const char *status, *begin, *each, *end;
};

static const struct dialect DIALECTS[] = {
    {"/v3/mail/send", "\"custom_args\"", NULL, "202 Accepted", "", NULL, ""},
    {"/messages", "name=\"to\"", "&to=", "200 OK",
     "{\"id\":\"<call@mg.example.org>\",\"message\":\"Queued. Thank you.\"}", NULL, ""},
    {"/api/v1/transmissions", "\"address\":", NULL, "200 OK",
     "{\"results\":{\"id\":\"7\",\"total_rejected_recipients\":0,"
     "\"total_accepted_recipients\":", NULL, "}}"},
    {"/email/batch", "X-Publisher-Key", NULL, "200 OK", "[",
     "{\"ErrorCode\":0,\"Message\":\"OK\",\"To\":\"reader@example.org\","
     "\"SubmittedAt\":\"2026-11-22T08:00:00Z\",\"MessageID\":\"%08x-b7a6-4b58\"}", "]"},
    {"/emails/batch", "X-Publisher-Key", NULL, "200 OK", "{\"data\":[",
     "{\"id\":\"%08x-b7a6-4b58-9c4d-000000000000\"}", "]}"},
    {"/v3/smtp/email", "X-Publisher-Key", NULL, "201 Created", "{\"messageIds\":[",
     "\"<%08x.1@smtp-relay.example.org>\"", "]}"},
    {"/api/batch", "X-Publisher-Key", NULL, "200 OK",
     "{\"success\":true,\"responses\":[",
     "{\"success\":true,\"message_ids\":[\"%08x-b7a6-4b58\"]}", "]}"},
    {"/v3.1/send", "X-Publisher-Key", NULL, "200 OK", "{\"Messages\":[",
     "{\"Status\":\"success\",\"To\":[{\"Email\":\"r@example.org\","
     "\"MessageID\":%u}]}", "]}"},
};

static long count(const char *body, size_t size, const char *needle) {
    long found = 0;
    const char *at = body, *end = body + size;
    while (needle && (at = memmem(at, end - at, needle, strlen(needle)))) {
        found++;
        at += strlen(needle);
    }
    return found;
}

static int send_all(int line, const char *from, size_t size) {
    while (size > 0) {
        ssize_t sent = write(line, from, size);
        if (sent <= 0) return 0;
        from += sent;
        size -= sent;
    }
    return 1;
}

static int answer(int line, const char *path, const char *body, size_t size, char *out) {
    const struct dialect *how = DIALECTS;
    size_t kinds = sizeof DIALECTS / sizeof *DIALECTS, kind = 0;
    while (kind < kinds && !strstr(path, DIALECTS[kind].path)) kind++;
    if (kind == kinds) return send_all(line, "HTTP/1.1 404 None\r\nContent-Length: 0\r\n\r\n", 41);
    how = &DIALECTS[kind];
    long readers = count(body, size, how->needle) + count(body, size, how->other);
    char *to = stpcpy(out, how->begin);
    if (how->each)
        for (long one = 1; one <= readers; one++) {
            if (one > 1) *to++ = ',';
            to += sprintf(to, how->each, (unsigned)one);
        }
    else if (*how->end)
        to += sprintf(to, "%ld", readers);
    to = stpcpy(to, how->end);
    char head[512];
    int length = snprintf(head, sizeof head,
        "HTTP/1.1 %s\r\nContent-Type: application/json\r\nX-Message-Id: call\r\n"
        "X-Readers: %ld\r\nContent-Length: %zu\r\n\r\n",
        how->status, readers, (size_t)(to - out));
    return send_all(line, head, length) && send_all(line, out, to - out);
}

static void *serve(void *given) {
    int line = (int)(long)given, on = 1;
    setsockopt(line, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    char *in = malloc(ROOM + HEAD), *out = malloc(ROOM), path[1024];
    size_t have = 0;
    for (;;) {
        char *end = NULL, *length;
        while (!(end = memmem(in, have, "\r\n\r\n", 4))) {
            ssize_t got = read(line, in + have, HEAD - have);
            if (got <= 0) goto over;
            have += got;
        }
        *end = 0;
        size_t size = 0, head = end + 4 - in;
        if ((length = strcasestr(in, "content-length:"))) size = strtoul(length + 15, NULL, 10);
        if (size > ROOM || sscanf(in, "POST %1023s", path) != 1) goto over;
        while (have < head + size) {
            ssize_t got = read(line, in + have, head + size - have);
            if (got <= 0) goto over;
            have += got;
        }
        if (!answer(line, path, in + head, size, out)) goto over;
        memmove(in, in + head + size, have - head - size);
        have -= head + size;
    }
over:
    close(line);
    free(in);
    free(out);
    return NULL;
}

int main(void) {
    struct sockaddr_in here = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t size = sizeof here;
    int door = socket(AF_INET, SOCK_STREAM, 0);
    if (bind(door, (struct sockaddr *)&here, sizeof here) || listen(door, 64)) return 1;
    getsockname(door, (struct sockaddr *)&here, &size);
    printf("%d\n", ntohs(here.sin_port));
    fflush(stdout);
    for (;;) {
        int line = accept(door, NULL, NULL);
        pthread_t thread;
        if (line < 0 || pthread_create(&thread, NULL, serve, (void *)(long)line)) continue;
        pthread_detach(thread);
    }
}
