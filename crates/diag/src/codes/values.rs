//! `E04xx`: values: numbers, durations, sizes, addresses, words of a choice, and values that do not go together.

pages! {
    /// A word that cannot stand where it stands.
    VALUE = "E0401", "a value that does not fit" {
        says: "The keyword does not take this value, or not beside the others of the line.",
        why: "The message says what is expected. Nothing is guessed: HAProxy refuses the line as well.",
        wrong: "frontend web\n    mode http\n    bind :80\n    errorfile 299 /dev/null\n",
        right: "frontend web\n    mode http\n    bind :80\n    errorfile 503 /dev/null\n",
    }
    /// No number, or one that is too small or too large.
    NUMBER = "E0402", "a number is expected" {
        says: "The word is no whole number, or lies outside of what is possible here.",
        why: "The message names the bounds. Numbers have no unit here and no thousands separator.",
        wrong: "frontend web\n    bind :80\n    maxconn many\n",
        right: "frontend web\n    bind :80\n    maxconn 1000\n",
    }
    /// No duration, or one that is too short or too long.
    TIME = "E0403", "a duration is expected" {
        says: "The word is no duration, has an unknown unit, or is too long.",
        why: "A number and a unit: `us`, `ms`, `s`, `m`, `h`, `d`. Without a unit most keywords count in milliseconds.",
        wrong: "defaults\n    timeout client ten\n",
        right: "defaults\n    timeout client 10s\n",
    }
    /// No size in bytes.
    SIZE = "E0404", "a size is expected" {
        says: "The word is no size in bytes, has an unknown unit, or is too large.",
        why: "A number and perhaps `k`, `m` or `g`, which are powers of 1024.",
        wrong: "backend app\n    stick-table type ip size 1q\n",
        right: "backend app\n    stick-table type ip size 1m\n",
    }
    /// No address, port or network.
    ADDRESS = "E0405", "an address is expected" {
        says: "The word is no address, its port is missing or impossible, or it is of a kind that cannot stand here.",
        why: "An address is `ADDRESS:PORT`, `:PORT`, `[IPv6]:PORT`, a path that begins with `/`, or has a prefix such as `unix@`, `fd@` or `ipv4@`.",
        wrong: "frontend web\n    bind 127.0.0.1\n",
        right: "frontend web\n    bind 127.0.0.1:80\n",
    }
    /// None of the words that are possible.
    CHOICE = "E0406", "one of several words is expected" {
        says: "The word is none of those that can stand here.",
        why: "The message lists them, or the one that was probably meant.",
        wrong: "listen web\n    bind :80\n    balance roundrobbin\n",
        right: "listen web\n    bind :80\n    balance roundrobin\n",
    }
    /// Words that exclude each other, or of which one needs another.
    CONFLICT = "E0407", "words that do not go together" {
        says: "Two words of this line, or of this section, exclude each other, or one needs another that is missing.",
        why: "Only one of them can be carried out. The message names both.",
        wrong: "backend app\n    mode http\n    cookie S insert prefix\n",
        right: "backend app\n    mode http\n    cookie S insert\n",
    }
    /// A line that is accepted and has no effect, or another one than it seems.
    NO_EFFECT = "E0408", "a line without the effect that it seems to have" {
        says: "The line is accepted, and has no effect here, or another one than one would think.",
        why: "HAProxy warns about it too. The message says what happens; change the line to say that, or take it out.",
        wrong: "backend app\n    mode http\n    log-format %ci\n",
        right: "frontend web\n    mode http\n    bind :80\n    log-format %ci\n",
    }
    /// A number whose tail is dropped.
    NUMBER_TAIL = "E0409", "what follows a number is dropped" {
        says: "The word begins with digits, and what follows them is not read.",
        why: "HAProxy reads it so, too: `10s` counts as 10 where a bare number is expected. Write the number alone.",
        wrong: "frontend web\n    bind :80\n    maxconn 10k\n",
        right: "frontend web\n    bind :80\n    maxconn 10000\n",
    }
    /// A time without a unit that is probably too short.
    TIME_UNIT = "E0410", "a duration whose unit is doubtful" {
        says: "The duration has no unit and is very short in milliseconds, or only the beginning of what follows the number is a unit.",
        why: "`timeout server 30` are 30 milliseconds, and of `10sec` only the `s` is read. Write the unit, also when milliseconds are meant: `30ms`.",
        wrong: "defaults\n    timeout server 30\n",
        right: "defaults\n    timeout server 30s\n",
    }
}
