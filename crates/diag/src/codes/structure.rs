//! `E01xx`: sections, keywords, and how many words follow them.

pages! {
    /// A word stands before any section, or is no section.
    OUTSIDE_SECTION = "E0101", "a line before any section" {
        says: "This line stands before the first section, and its first word opens none.",
        why: "Every keyword belongs to a section: `global`, `defaults`, `frontend`, `backend`, `listen` and others. Often the section's name is mistyped, and all lines below it are told as well: mend the first one.",
        wrong: "frontent web\n    bind :80\n",
        right: "frontend web\n    bind :80\n",
    }
    /// A keyword that no section, or not this one, knows.
    UNKNOWN_KEYWORD = "E0102", "an unknown keyword" {
        says: "The first word of this line is no keyword of the section that it stands in.",
        why: "Nothing is passed over in silence: a mistyped keyword would be missing without anybody noticing. If the word belongs to another section, move the line there.",
        wrong: "listen web\n    bind :80\n    blance leastconn\n",
        right: "listen web\n    bind :80\n    balance leastconn\n",
    }
    /// A word of a line that the line's keyword does not know.
    UNKNOWN_WORD = "E0103", "an unknown word on a line" {
        says: "The keyword of this line is known, and this word behind it is not.",
        why: "Mostly it is mistyped, or stands a place too early because an argument before it is missing. The message lists what is known where that is short.",
        wrong: "backend app\n    server s1 127.0.0.1:8080 chek\n",
        right: "backend app\n    server s1 127.0.0.1:8080 check\n",
    }
    /// A keyword that may not stand in this section.
    WRONG_SECTION = "E0104", "a keyword in the wrong section" {
        says: "The keyword exists, and cannot stand in this section.",
        why: "A frontend has no servers, a backend takes no connections, and a `defaults` section holds settings only. Move the line, or use `listen`, which has both sides.",
        wrong: "frontend web\n    bind :80\n    server s1 127.0.0.1:8080\n",
        right: "listen web\n    bind :80\n    server s1 127.0.0.1:8080\n",
    }
    /// A keyword that has no effect in this section: passed over with a warning, as HAProxy does.
    IGNORED_HERE = "E0105", "a keyword without effect in this section" {
        says: "The keyword is for the other side of a proxy than the one that this section has; the line is passed over.",
        why: "HAProxy starts with it and warns, so this does too. What the line asks for does not happen: move it to the section that has that side.",
        wrong: "frontend web\n    bind :80\n    balance leastconn\n",
        right: "listen web\n    bind :80\n    balance leastconn\n",
    }
    /// `no` or `default` before a keyword that has no opposite.
    NOT_NEGATABLE = "E0106", "a keyword that cannot be negated" {
        says: "`no` or `default` stands before a keyword that it cannot stand before.",
        why: "Only options and a few switches can be taken back. Take the whole line out instead.",
        wrong: "listen web\n    bind :80\n    no balance leastconn\n",
        right: "listen web\n    bind :80\n",
    }
    /// An argument is missing at the end of a line.
    MISSING_ARGUMENT = "E0107", "an argument is missing" {
        says: "The line ends, or its condition begins, before all arguments were there.",
        why: "The message names what should follow. If the line looks complete, an unprotected `#` may have cut it off.",
        wrong: "listen web\n    bind :80\n    maxconn\n",
        right: "listen web\n    bind :80\n    maxconn 1000\n",
    }
    /// Words are left when everything was read.
    EXTRA_WORD = "E0108", "a word too many" {
        says: "The line is complete before this word.",
        why: "Often a blank in an argument is not protected (quote the argument, or write `\\ `), or `if` is missing before a condition.",
        wrong: "listen web\n    mode http http\n    bind :80\n",
        right: "listen web\n    mode http\n    bind :80\n",
    }
    /// A section without a name, or with one that it cannot have.
    SECTION_NAME = "E0109", "a section's name" {
        says: "The section needs a name and has none, or its name holds a character that names cannot hold.",
        why: "Names are used in logs, in the runtime API and by other lines: letters, digits, `-`, `_`, `.` and `:`.",
        wrong: "frontend web/1\n    bind :80\n",
        right: "frontend web-1\n    bind :80\n",
    }
    /// A word that HAProxy removed; it works here.
    REMOVED_KEYWORD = "E0110", "a keyword that HAProxy removed" {
        says: "HAProxy does not know this word any more, or will not; here it works as it did.",
        why: "The note says how it is written today. `lockgate upgrade -f FILE` writes the whole file with the modern words, so that it can be shared with a newer HAProxy.",
        wrong: "defaults\n    clitimeout 10s\n",
        right: "defaults\n    timeout client 10s\n",
    }
    /// A `defaults` section that cannot be inherited as it is.
    DEFAULTS = "E0111", "a defaults section that does not fit" {
        says: "A `defaults` section holds rules or captures and is inherited by a section that cannot take them, or not by name.",
        why: "Rules in a `defaults` section are only taken over from one with a name, by sections that say `from NAME` and have the right side. Name the section, and name it in those that inherit it.",
        wrong: "defaults\n    mode http\n    http-request set-header X-A 1\nfrontend web\n    bind :80\n",
        right: "defaults d\n    mode http\n    http-request set-header X-A 1\nfrontend web from d\n    bind :80\n",
    }
}
