/* Letters, digits and what may be shown, in ASCII and whatever the host program's locale: the only
 * such functions here, because those of the C library ask the locale. */
#ifndef MECH_ASCII_H
#define MECH_ASCII_H

#include <stdbool.h>
#include <stddef.h>

char ascii_lower(char c);
char ascii_upper(char c);
bool ascii_is_digit(char c);
bool ascii_is_letter(char c);
/* A blank, a tab, or what ends a line or a page: \n \v \f \r. */
bool ascii_is_space(char c);
/* 0x20 to 0x7e: neither a control character nor a byte of something else than ASCII. */
bool ascii_is_printable(char c);
/* 0 to 15, or -1. */
int ascii_hex_digit(char c);
/* Equality of `len` bytes, upper and lower case being the same. */
bool ascii_equal_folded_n(const unsigned char *a, const unsigned char *b, size_t len);
/* The lower-case hexadecimal of `len` bytes, with a NUL: 2 * len + 1 characters. */
void ascii_put_hex(char *out, const unsigned char *in, size_t len);

#endif
