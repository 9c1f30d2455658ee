#include "files.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/bytes.h"
#include "base/err.h"
#include "base/report.h"
#include "load/file.h"

edhoc_err tool_file_failed(const char *path, const char *what)
{
    return report(EDHOC_ERR_FILE, "%s: %s: %s", path, what, strerror(errno));
}

bool tool_write_fully(int fd, struct bytes text)
{
    while (text.len > 0) {
        ssize_t n = write(fd, text.p, text.len);

        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0)
            return false;
        text = bytes_of(text.p + n, text.len - (size_t)n);
    }
    return true;
}

void tool_sync_directory_of(const char *path)
{
    const char *slash = strrchr(path, '/');
    char *dir = slash == NULL ? strdup(".") : strndup(path, (size_t)(slash - path) + 1);
    int fd = dir == NULL ? -1 : open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

    if (fd >= 0) {
        (void)fsync(fd);
        close(fd);
    }
    free(dir);
}

edhoc_err tool_make_directories(char *path, mode_t mode)
{
    for (char *slash = strchr(path + 1, '/'); slash != NULL; slash = strchr(slash + 1, '/')) {
        int made;

        *slash = '\0';
        made = mkdir(path, mode);
        if (made == 0)
            made = chmod(path,
                         mode); /* whatever the umask: others are to get in, and we ourselves */
        if (made != 0 && errno != EEXIST) {
            edhoc_err err = tool_file_failed(path, "cannot be made");

            *slash = '/';
            return err;
        }
        *slash = '/';
    }
    return EDHOC_OK;
}

static edhoc_err read_stdin(size_t max, struct buf *out)
{
    uint8_t piece[4096];
    edhoc_err err = EDHOC_OK;
    ssize_t n;

    *out = buf_new(max);
    while (err == EDHOC_OK && (n = read(STDIN_FILENO, piece, sizeof(piece))) != 0) {
        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0) {
            err = tool_file_failed("standard input", "cannot be read");
        } else if (out->len + (size_t)n > max) {
            err = report(EDHOC_ERR_FILE, "standard input: longer than %zu bytes", max);
        } else {
            buf_put(out, bytes_of(piece, (size_t)n));
            err = buf_err(out);
        }
    }
    bytes_wipe(piece, sizeof(piece)); /* it may have been a passphrase */
    return err;
}

edhoc_err tool_read_source(const char *path, size_t max, struct buf *out)
{
    return strcmp(path, "-") == 0 ? read_stdin(max, out)
                                  : file_read(path, FILE_ANY, max, NULL, NULL, out);
}
