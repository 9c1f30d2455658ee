#include "trust_notes.h"

#include <stdio.h>

#include "peer/trust.h"

size_t trust_tell_notes(const struct trust *t)
{
    size_t broken = 0;

    for (size_t i = 0; i < trust_note_count(t); i++) {
        bool taken;
        struct trust_story story;

        trust_note(t, i, &taken, &story);
        fprintf(stderr, "gss-edhoc: %s; %s\n", story.text,
                taken ? "the line grants nothing, and no certificate gets its names: mend it or "
                        "remove it"
                      : "the line is passed over");
        broken += taken;
    }
    return broken;
}
