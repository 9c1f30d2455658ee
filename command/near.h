/* Which of several names was meant. */
#ifndef COMMAND_NEAR_H
#define COMMAND_NEAR_H

/* How many letters are to be put in, left out, replaced or exchanged with the next one to make the one
 * text of the other; NEAR_FAR where it is as many, or a text is longer than NEAR_MAX. Upper and lower
 * case are the same. */
#define NEAR_MAX 255
#define NEAR_FAR 3
unsigned near_distance(const char *a, const char *b);

#endif
