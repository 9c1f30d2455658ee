#include "load/ssh_cert_file.h"

#include "base/base64.h"
#include "base/bytes.h"
#include "base/report.h"
#include "base/ssh_wire.h"
#include "base/lines.h"
#include "crypto/ssh_blob.h"

static bool parse_line(struct bytes line, struct buf *out)
{
    struct bytes type = lines_word(&line), base64 = lines_word(&line);
    struct ssh_reader r;

    if (!bytes_end_with(type, BYTES_LITERAL("-cert-v01@openssh.com")) || !base64_read(base64, out))
        return false;
    r = ssh_reader_of(buf_bytes(out));
    return bytes_equal(ssh_read_string(&r), type);
}

edhoc_err ssh_cert_file_parse(struct bytes text, const char *path, struct buf *out)
{
    struct bytes line;
    bool found = false, good = true;

    while (good && lines_next(&text, &line)) {
        if (lines_is_idle(line))
            continue;
        good = !found && parse_line(line, out);
        found = true;
    }
    if (found && good)
        return EDHOC_OK;
    if (buf_err(out) == EDHOC_ERR_NOMEM)
        return EDHOC_ERR_NOMEM;
    if (buf_err(out) != EDHOC_OK)
        return report(EDHOC_ERR_KEY_FORMAT,
                      "%s: an OpenSSH certificate of more than %d bytes, which no peer takes; sign "
                      "one with less in it",
                      path, SSH_CERTIFICATE_MAX);
    return report(
        EDHOC_ERR_KEY_FORMAT,
        "%s: not the one line of an OpenSSH certificate, as ssh-keygen -s writes it; make "
        "it anew, or remove the file",
        path);
}
