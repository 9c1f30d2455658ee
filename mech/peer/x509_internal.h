/* The state that x509_store.c builds and x509_chain.c validates with. */
#ifndef MECH_X509_INTERNAL_H
#define MECH_X509_INTERNAL_H

#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <openssl/x509.h>

#define REMEMBERED_MAX 512 /* validated chains */

/* A chain that was validated, by the hash of purpose and certificates. */
struct remembered {
    uint8_t hash[32];
    int64_t from, until; /* good for now in from <= now < until */
    int64_t expires;
};

struct x509_store {
    atomic_uint refs;
    X509_STORE *store;
    bool crls;
    char *path;
    int64_t crl_update; /* earliest nextUpdate; INT64_MAX without CRLs */
    pthread_mutex_t lock;
    struct remembered remembered[REMEMBERED_MAX]; /* under the lock */
    size_t remembered_next;
};

#endif
