//! Log targets: syslog over UDP and UNIX datagrams, descriptors, rings.
