#!/bin/sh
# git over smart HTTP, through Apache httpd with mod_auth_gssapi: clone, fetch and push, nothing but
# `git` on the client. Prints TAP; asserts what the server saw.
# packages: apache2-bin libapache2-mod-auth-gssapi git openssl
set -u
# shellcheck source=tests/apps/lib.sh
. "$(dirname "$0")/lib.sh"
apache_installed
installed git git
installed openssl openssl
BACKEND=$(git --exec-path)/git-http-backend
installed "$BACKEND" git
app_open
for variable in $(env | sed -n 's/^\(GIT_[A-Z_]*\)=.*/\1/p'); do unset "$variable"; done
export GIT_CONFIG_NOSYSTEM=1 GIT_TERMINAL_PROMPT=0

# -- A repository on the server, and who may get at it -----------------------------------------

mkdir service.d
keygen x25519 service.d/web.pem HTTP@web.example || exit 1
keygen x25519 alice alice || exit 1
keygen ed25519 bob bob || exit 1
keygen x25519 mallory alice || exit 1
keygen x25519 impostor HTTP@web.example || exit 1
cat alice.pub bob.pub > server.trust
cat service.d/web.pem.pub > client.trust
cat impostor.pub > impostor.trust

git config --global init.defaultBranch main
git config --global user.name 'Alice'
git config --global user.email 'alice@desk.example'
git config --global http.emptyAuth true # libcurl may authenticate without a user's name
git init --quiet --bare repos/project.git || exit 1
git init --quiet first && cd first && echo 'Once' > story && git add story &&
    git commit --quiet -m 'Once' && git push --quiet ../repos/project.git main && cd .. || exit 1
git -C repos/project.git config http.receivepack true
# Who pushes is known to the server's hooks.
cat > repos/project.git/hooks/post-receive << END
#!/bin/sh
echo "\$REMOTE_USER pushed" >> '$SANDBOX/repos/pushes'
END
chmod 755 repos/project.git/hooks/post-receive
apache_owns repos

cat > locations << END
ScriptAlias /git/ $BACKEND/
SetEnv GIT_PROJECT_ROOT $SANDBOX/repos
SetEnv GIT_HTTP_EXPORT_ALL 1
SetEnv GIT_CONFIG_NOSYSTEM 1
<LocationMatch "^/git/.*/git-receive-pack\$">
    Require user alice
</LocationMatch>
END
apache_start locations || {
    check 'Apache starts' false
    app_done git "$(version git)"
    exit
}

# -- Clients -----------------------------------------------------------------------------------

# as WHO GIT-ARGUMENT...
as() {
    who=$1
    shift
    fresh
    CLIENT_STATUS=0
    GSS_EDHOC_IDENTITY="$SANDBOX/$who" GSS_EDHOC_TRUST="$SANDBOX/${TRUST:-client.trust}" \
        timeout 30 git -c "http.curloptResolve=web.example:$PORT:127.0.0.1" \
        -c "http.sslCAInfo=$SANDBOX/tls.pem" "$@" > client.out 2>&1 || CLIENT_STATUS=$?
}
tls_as() {
    who=$1
    shift
    as "$who" -c "http.curloptResolve=web.example:$TLS_PORT:127.0.0.1" "$@"
}
succeeds() { [ "$CLIENT_STATUS" = 0 ]; }
fails() { [ "$CLIENT_STATUS" != 0 ]; }
WEB=http://web.example:$PORT/git/project.git
TLS=https://web.example:$TLS_PORT/git/project.git

as alice clone "$WEB" copy
check 'clone: succeeds' succeeds
check 'clone: the story is there' grep -q Once copy/story
check 'clone: the server saw alice' \
    saw '^POST /git/project.git/git-upload-pack 200 user=alice .*kind=user '

cd copy || exit 1
echo 'upon a time' >> story
git commit --quiet -a -m 'upon a time'
as alice push origin main
cd ..
check 'push: succeeds' succeeds
check 'push: the server saw alice' saw '^POST /git/project.git/git-receive-pack 200 user=alice '
check 'push: so did its hook' grep -q '^alice pushed$' repos/pushes
check 'push: the story is on the server' \
    [ "$(git -C repos/project.git -c "safe.directory=*" log --format=%s main | head -n 1)" = 'upon a time' ]

# Larger than http.postBuffer: git asks before it sends, and sends in chunks.
cd copy || exit 1
head -c 3000000 /dev/urandom > picture
git add picture && git commit --quiet -m 'a picture'
as alice push origin main
cd ..
check 'push of 3 MB: succeeds' succeeds
check 'push of 3 MB: the server saw alice' \
    saw '^POST /git/project.git/git-receive-pack 200 user=alice '

tls_as bob clone "$TLS" bobs
check 'clone over HTTPS: succeeds' succeeds
check 'clone over HTTPS: the server saw bob' \
    saw '^POST /git/project.git/git-upload-pack 200 user=bob .*scheme=https'
check 'clone over HTTPS: with the picture' cmp -s copy/picture bobs/picture

cd bobs || exit 1
git commit --quiet --allow-empty -m 'by bob'
tls_as bob push origin main
cd ..
check 'push by bob, who may only read: refused' fails
check 'push by bob: the server saw to that' saw '^POST /git/project.git/git-receive-pack 401 '
check 'push by bob: nothing has come' count_is repos/pushes . 2

as mallory clone "$WEB" mallorys
check 'a stranger: refused' fails
check 'a stranger: got nothing' [ ! -e mallorys/story ]
check 'a stranger: the server saw nobody' says_not server.out 'user=[^-]|name=[^-]'
check 'a stranger: the log names the file to edit' logged "$SANDBOX/server\\.trust"

TRUST=impostor.trust as alice clone "$WEB" again
check 'a server with another key: refused' fails
check 'a server with another key: it saw nobody' says_not server.out 'user=[^-]|name=[^-]'

app_done git "$(version git)"
