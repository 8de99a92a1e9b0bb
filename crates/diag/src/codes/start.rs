//! `E08xx`: what only the start can find: sockets, interfaces, names to resolve, privileges.

pages! {
    /// A socket cannot be made.
    CANNOT_LISTEN = "E0801", "cannot listen" {
        says: "The system did not give the socket that a `bind` line or a `stats socket` asks for.",
        why: "Mostly another process holds the port, the address is not one of this machine (`transparent` or the sysctl `net.ipv4.ip_nonlocal_bind` allow that), or the port is below 1024 and the process has no right to it. The message ends with what the system said.",
        wrong: "",
        right: "",
    }
    /// Something that the configuration names cannot be had at the start.
    CANNOT_START = "E0802", "cannot start with this" {
        says: "The configuration is in order, but what this line needs from the machine is not there.",
        why: "A name that does not resolve, an interface that does not exist, a log target that cannot be reached, a limit that is too low. The check with `-c` looks at files only, so it cannot tell beforehand. Mend what the message names, or take the line out.",
        wrong: "",
        right: "",
    }
    /// Warnings where none are allowed.
    WARNINGS_FATAL = "E0803", "warnings where none are allowed" {
        says: "There are warnings, and `zero-warning` or `-dW` takes them for errors.",
        why: "Each warning was told before. Mend what they say, or take the option out. Advice that HAProxy does not give never counts.",
        wrong: "",
        right: "",
    }
}
