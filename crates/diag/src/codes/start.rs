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
    /// No socket would be opened at all.
    NOTHING_LISTENS = "E0804", "nothing listens" {
        says: "The configuration has no error, but no enabled proxy has a `bind` line, and there is no `stats socket` and no `log-forward` either.",
        why: "A process that nobody can reach has nothing to do, so it does not start; `-c` exits with 2. Add a `bind` line, or look for a `disabled` or a condition (`.if`) that takes all of them out.",
        wrong: "",
        right: "",
    }
    /// The limit of open files is below what the limits of connections ask for: a warning.
    TOO_FEW_FILES = "E0805", "too few open files are allowed" {
        says: "Each connection takes two descriptors, and the system allows this process fewer of them than `maxconn` connections need.",
        why: "Connections beyond the limit are not accepted, although `maxconn` allows them, and a connection to a server may fail for want of a descriptor. Raise the limit (`ulimit -n`, or `LimitNOFILE=` of the systemd unit), or set a lower `maxconn`.",
        wrong: "",
        right: "",
    }
    /// `maxconn` was not set: a notice about the figure that was taken.
    MAXCONN_COMPUTED = "E0806", "`maxconn` comes from the machine" {
        says: "Neither `global` nor the command line sets `maxconn`, so it was computed from the open files that the process may have, and from the memory that `-m` allows.",
        why: "The figure differs from one machine to the next, and with the limits of whoever starts the process. Set `maxconn` in `global` where it should be the same everywhere.",
        wrong: "",
        right: "",
    }
    /// The system refused one of the steps between the configuration and a running process.
    SYSTEM_REFUSED = "E0807", "the system refuses a step of the start" {
        says: "The configuration is in order, but the system did not let the process take a step that every start takes: start a thread, catch signals, leave the terminal, open `/dev/null`.",
        why: "Mostly a limit is reached (`ulimit -u` counts threads), or the process is confined to fewer system calls or devices than it needs. The message ends with what the system said.",
        wrong: "",
        right: "",
    }
}
