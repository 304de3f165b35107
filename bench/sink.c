/* A mail server that keeps nothing and counts: what senders are measured against.
 *
 *   cc -O2 -pthread -o sink sink.c
 *   sink -p PORT [-d]        take mail (port 0: any; -d: DATA only, no CHUNKING);
 *                            at SIGTERM: "messages N bytes N connections N"
 *   sink -p PORT -f FILE -n COUNT [-c CONNECTIONS] [-d]
 *                            send FILE as fast as C can: the ceiling of the sink
 *
 * One thread per connection. PIPELINING, SIZE, 8BITMIME and CHUNKING are offered.
 */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <fcntl.h>
#include <sys/uio.h>
#include <unistd.h>

enum { ROOM = 1 << 18, REPLIES = 1 << 13 };

static atomic_ulong messages, bytes, connections;
static int chunking = 1;

static void give_up(const char *what) {
    perror(what);
    exit(1);
}

/* --- taking mail ------------------------------------------------------------------ */

typedef struct {
    int line;
    int has_sender, has_recipient;
    size_t from, to;               /* what is unread in `input` */
    size_t waiting;                /* replies not yet sent */
    char replies[REPLIES];
    char input[ROOM];
} Session;

static int flush(Session *s) {
    size_t done = 0;
    while (done < s->waiting) {
        ssize_t n = send(s->line, s->replies + done, s->waiting - done, MSG_NOSIGNAL);
        if (n <= 0)
            return 0;
        done += (size_t)n;
    }
    s->waiting = 0;
    return 1;
}

static int say(Session *s, const char *reply) {
    size_t length = strlen(reply);
    if (s->waiting + length > REPLIES && !flush(s))
        return 0;
    memcpy(s->replies + s->waiting, reply, length);
    s->waiting += length;
    return 1;
}

/* Answers leave only when everything that arrived was read: that is pipelining. */
static int fill(Session *s) {
    if (s->waiting && !flush(s))
        return 0;
    if (s->from == s->to)
        s->from = s->to = 0;
    if (s->to == ROOM) {
        memmove(s->input, s->input + s->from, s->to - s->from);
        s->to -= s->from;
        s->from = 0;
    }
    if (s->to == ROOM)
        return 0;                  /* a line longer than the room */
    ssize_t n = recv(s->line, s->input + s->to, ROOM - s->to, 0);
    if (n <= 0)
        return 0;
    s->to += (size_t)n;
    return 1;
}

static int take_chunk(Session *s, size_t size) {
    atomic_fetch_add(&bytes, size);
    while (size) {
        size_t here = s->to - s->from;
        if (here > size)
            here = size;
        s->from += here;
        size -= here;
        if (size && !fill(s))
            return 0;
    }
    return 1;
}

static int take_data(Session *s) {
    const char end[] = "\r\n.\r\n";
    if (s->to - s->from >= 3 && !memcmp(s->input + s->from, ".\r\n", 3)) {
        s->from += 3;              /* an empty message */
        return 1;
    }
    for (;;) {
        char *start = s->input + s->from;
        size_t here = s->to - s->from;
        char *found = memmem(start, here, end, 5);
        if (found) {
            size_t size = (size_t)(found - start) + 2;
            atomic_fetch_add(&bytes, size);
            s->from += size + 3;
            return 1;
        }
        if (here > 4) {            /* the end may be cut in two */
            atomic_fetch_add(&bytes, here - 4);
            s->from += here - 4;
        }
        if (!fill(s))
            return 0;
        /* Who writes the dot apart from the content would wait 40 ms for this. */
        setsockopt(s->line, IPPROTO_TCP, TCP_QUICKACK, &(int){1}, sizeof(int));
    }
}

static int finished(Session *s) {
    char reply[64];
    if (!s->has_recipient)
        return say(s, "554 5.5.1 no valid recipients\r\n");
    s->has_sender = s->has_recipient = 0;
    snprintf(reply, sizeof reply, "250 2.0.0 Ok: queued as %lX\r\n",
             (unsigned long)atomic_fetch_add(&messages, 1) + 1);
    return say(s, reply);
}

static int answer(Session *s, const char *line) {
    if (!strncasecmp(line, "MAIL FROM:", 10)) {
        if (s->has_sender)
            return say(s, "503 5.5.1 nested MAIL command\r\n");
        s->has_sender = 1;
        return say(s, "250 2.1.0 Ok\r\n");
    }
    if (!strncasecmp(line, "RCPT TO:", 8)) {
        if (!s->has_sender)
            return say(s, "503 5.5.1 need MAIL command\r\n");
        s->has_recipient = 1;
        return say(s, "250 2.1.5 Ok\r\n");
    }
    if (chunking && !strncasecmp(line, "BDAT ", 5)) {
        char *rest;
        size_t size = strtoul(line + 5, &rest, 10);
        int is_last = strcasestr(rest, "LAST") != NULL;  /* the line is overwritten */
        if (!take_chunk(s, size))
            return 0;
        return is_last ? finished(s) : say(s, "250 2.0.0 Ok\r\n");
    }
    if (!strncasecmp(line, "DATA", 4)) {
        if (!s->has_recipient)
            return say(s, "554 5.5.1 no valid recipients\r\n");
        return say(s, "354 go\r\n") && take_data(s) && finished(s);
    }
    if (!strncasecmp(line, "RSET", 4)) {
        s->has_sender = s->has_recipient = 0;
        return say(s, "250 2.0.0 Ok\r\n");
    }
    if (!strncasecmp(line, "EHLO", 4))
        return say(s, "250-sink\r\n250-PIPELINING\r\n250-SIZE 50000000\r\n")
            && (!chunking || say(s, "250-CHUNKING\r\n"))
            && say(s, "250 8BITMIME\r\n");
    if (!strncasecmp(line, "HELO", 4))
        return say(s, "250 sink\r\n");
    if (!strncasecmp(line, "NOOP", 4))
        return say(s, "250 2.0.0 Ok\r\n");
    if (!strncasecmp(line, "QUIT", 4)) {
        say(s, "221 2.0.0 bye\r\n");
        flush(s);
        return 0;
    }
    return say(s, "500 5.5.2 what?\r\n");
}

static void *serve(void *given) {
    Session *s = given;
    int alive = say(s, "220 sink ESMTP\r\n") && flush(s);
    while (alive) {
        char *start = s->input + s->from;
        char *end = memchr(start, '\n', s->to - s->from);
        if (!end) {
            alive = fill(s);
            continue;
        }
        *end = 0;
        s->from = (size_t)(end + 1 - s->input);
        alive = answer(s, start);
    }
    close(s->line);
    free(s);
    return NULL;
}

static void *count_at_end(void *given) {
    int signal_number;
    sigwait(given, &signal_number);
    printf("messages %lu bytes %lu connections %lu\n", atomic_load(&messages),
           atomic_load(&bytes), atomic_load(&connections));
    fflush(stdout);
    _exit(0);
}

static void listen_on(int port) {
    static sigset_t ends;
    pthread_t thread;
    struct sockaddr_in where = {.sin_family = AF_INET, .sin_port = htons((uint16_t)port)};
    socklen_t size = sizeof where;
    int yes = 1, door = socket(AF_INET, SOCK_STREAM, 0);
    where.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    setsockopt(door, SOL_SOCKET, SO_REUSEADDR, &yes, sizeof yes);
    if (bind(door, (struct sockaddr *)&where, sizeof where) || listen(door, 128))
        give_up("listen");
    getsockname(door, (struct sockaddr *)&where, &size);
    sigemptyset(&ends);
    sigaddset(&ends, SIGTERM);
    sigaddset(&ends, SIGINT);
    pthread_sigmask(SIG_BLOCK, &ends, NULL);
    pthread_create(&thread, NULL, count_at_end, &ends);
    printf("port %d\n", ntohs(where.sin_port));
    fflush(stdout);
    for (;;) {
        Session *s = calloc(1, sizeof *s);
        if (!s || (s->line = accept(door, NULL, NULL)) < 0)
            give_up("accept");
        setsockopt(s->line, IPPROTO_TCP, TCP_NODELAY, &yes, sizeof yes);
        atomic_fetch_add(&connections, 1);
        pthread_create(&thread, NULL, serve, s);
        pthread_detach(thread);
    }
}

/* --- sending, to find the ceiling -------------------------------------------------- */

typedef struct {
    int port, count;
    char *content;
    size_t size;
} Load;

static void write_all(int line, struct iovec *parts, int count) {
    while (count) {
        ssize_t n = writev(line, parts, count);
        if (n < 0)
            give_up("write");
        while (count && (size_t)n >= parts->iov_len) {
            n -= (ssize_t)parts->iov_len;
            parts++, count--;
        }
        if (count) {
            parts->iov_base = (char *)parts->iov_base + n;
            parts->iov_len -= (size_t)n;
        }
    }
}

/* Read until `wanted` answers that begin with `digit` have come. */
static void await(int line, int wanted, char digit) {
    static _Thread_local int at_start = 1;
    char input[4096];
    while (wanted > 0) {
        ssize_t n = recv(line, input, sizeof input, 0);
        if (n <= 0)
            give_up("read");
        for (ssize_t i = 0; i < n; i++) {
            if (at_start && input[i] == digit)
                wanted--;
            at_start = input[i] == '\n';
        }
    }
}

static void *blast(void *given) {
    Load *load = given;
    struct sockaddr_in where = {.sin_family = AF_INET,
                                .sin_port = htons((uint16_t)load->port)};
    int yes = 1, line = socket(AF_INET, SOCK_STREAM, 0), in_flight = 0;
    char envelope[256];
    where.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    if (connect(line, (struct sockaddr *)&where, sizeof where))
        give_up("connect");
    setsockopt(line, IPPROTO_TCP, TCP_NODELAY, &yes, sizeof yes);
    await(line, 1, '2');
    write_all(line, &(struct iovec){"HELO ceiling\r\n", 14}, 1);
    await(line, 1, '2');
    for (int i = 0; i < load->count; i++) {
        int n = snprintf(envelope, sizeof envelope,
                         "MAIL FROM:<a@example.org>\r\nRCPT TO:<b@example.org>\r\n");
        if (chunking)
            n += snprintf(envelope + n, sizeof envelope - (size_t)n,
                          "BDAT %zu LAST\r\n", load->size);
        else
            n += snprintf(envelope + n, sizeof envelope - (size_t)n, "DATA\r\n");
        struct iovec parts[] = {{envelope, (size_t)n}, {load->content, load->size},
                                {".\r\n", 3}};
        if (!chunking) {
            write_all(line, parts, 1);
            await(line, 1, '3');
            write_all(line, parts + 1, 2);
            continue;
        }
        write_all(line, parts, 2);
        if (++in_flight == 8) {
            await(line, 3, '2');
            in_flight--;
        }
    }
    write_all(line, &(struct iovec){"QUIT\r\n", 6}, 1);
    while (recv(line, envelope, sizeof envelope, 0) > 0)
        ;
    close(line);
    return NULL;
}

static void flood(int port, const char *file, int count, int lines) {
    pthread_t threads[64];
    struct stat about;
    int source = open(file, O_RDONLY);
    if (source < 0 || fstat(source, &about) || lines > 64)
        give_up(file);
    Load load = {port, count / lines, malloc((size_t)about.st_size),
                 (size_t)about.st_size};
    if (read(source, load.content, load.size) != (ssize_t)load.size)
        give_up(file);
    for (int i = 0; i < lines; i++)
        pthread_create(&threads[i], NULL, blast, &load);
    for (int i = 0; i < lines; i++)
        pthread_join(threads[i], NULL);
}

int main(int argc, char **argv) {
    int option, port = 0, count = 1000, lines = 1;
    const char *file = NULL;
    while ((option = getopt(argc, argv, "p:f:n:c:d")) != -1)
        switch (option) {
        case 'p': port = atoi(optarg); break;
        case 'f': file = optarg; break;
        case 'n': count = atoi(optarg); break;
        case 'c': lines = atoi(optarg); break;
        case 'd': chunking = 0; break;
        default: return 2;
        }
    signal(SIGPIPE, SIG_IGN);
    if (file)
        flood(port, file, count, lines);
    else
        listen_on(port);
    return 0;
}
