//! `E09xx`: words that are understood, but not carried out.

pages! {
    /// A word that is known and checked, but that this version cannot carry out: an error, never silence.
    NOT_BUILT = "E0900", "known, not built yet" {
        says: "The word belongs to the language and its arguments are right, but this version cannot do what it says.",
        why: "Leaving it out in silence would change what clients and servers see, so the configuration is refused instead. Take the line out, or wait for a version that carries it out: the changelog names what each version adds.",
        wrong: "frontend web\n    mode http\n    bind :80\n    http-request lua.route\n",
        right: "frontend web\n    mode http\n    bind :80\n",
    }
    /// A word that is taken in and has no effect here, and needs none: a notice.
    ACCEPTED = "E0901", "accepted, without effect here" {
        says: "The word is taken in and changes nothing. `-c -V` tells of it.",
        why: "It tunes insides of HAProxy that have no counterpart here, so that no client and no server could tell the difference. The line may stay, so that one file serves both programs.",
        wrong: "global\n    nbproc 1\n",
        right: "",
    }
    /// A word that is taken in and not carried out yet, which harms nobody: a notice.
    NOT_CARRIED_OUT = "E0902", "accepted, not carried out yet" {
        says: "The word is taken in, its arguments are checked, and nothing is done about it yet.",
        why: "It is one of those that can be left undone without harm: what it asks for saves work, tells more, or spreads in time what happens at once without it. The line may stay; it will work with the version that carries it out.",
        wrong: "global\n    profiling.memory on\n",
        right: "",
    }
}
