/* The state that x509_store.c builds and x509_chain.c validates with. */
#ifndef MECH_X509_INTERNAL_H
#define MECH_X509_INTERNAL_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

#include <openssl/x509.h>

struct x509_store {
    atomic_uint refs;
    X509_STORE *store;
    struct x509_crls *crls;
    char *path;
    /* Chains that were validated, by the hash of purpose and certificates; the value is their end. */
    struct verified *verified;
};

#endif
