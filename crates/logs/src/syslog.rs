//! The words of a `log` line: facilities, levels and formats (manual, `log` in "proxy keywords").
//!
//! Facilities and levels are ordered as syslog numbers them, so the discriminant is the number on the wire
//! (RFC 5424, section 6.2.1).

/// Declares an enum whose variants are configuration words, with the list of all of them and both directions.
macro_rules! words {
    ($(#[$doc:meta])* $name:ident: $($(#[$variant_doc:meta])* $variant:ident = $word:literal),+ $(,)?) => {
        $(#[$doc])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        #[repr(u8)]
        pub enum $name {
            $($(#[$variant_doc])* $variant),+
        }

        impl $name {
            /// Every value, in order; for suggestions and documentation.
            pub const ALL: &'static [$name] = &[$($name::$variant),+];

            /// The word that the configuration uses.
            #[must_use]
            pub const fn name(self) -> &'static str {
                match self {
                    $($name::$variant => $word),+
                }
            }

            /// The value that `word` names, exactly and in lower case; `None` if there is none.
            #[must_use]
            pub fn parse(word: &[u8]) -> Option<$name> {
                Self::ALL.iter().copied().find(|value| value.name().as_bytes() == word)
            }
        }
    };
}

words! {
    /// What part of the system a message comes from.
    Facility:
    /// Kernel messages.
    Kern = "kern",
    /// User programs.
    User = "user",
    /// Mail system.
    Mail = "mail",
    /// System services.
    Daemon = "daemon",
    /// Security and authorization.
    Auth = "auth",
    /// The log service itself.
    Syslog = "syslog",
    /// Printers.
    Lpr = "lpr",
    /// Network news.
    News = "news",
    /// UUCP.
    Uucp = "uucp",
    /// Clock service.
    Cron = "cron",
    /// Security and authorization, private.
    Auth2 = "auth2",
    /// FTP service.
    Ftp = "ftp",
    /// NTP service.
    Ntp = "ntp",
    /// Log audit.
    Audit = "audit",
    /// Log alert.
    Alert = "alert",
    /// Clock service, the second.
    Cron2 = "cron2",
    /// Local use 0.
    Local0 = "local0",
    /// Local use 1.
    Local1 = "local1",
    /// Local use 2.
    Local2 = "local2",
    /// Local use 3.
    Local3 = "local3",
    /// Local use 4.
    Local4 = "local4",
    /// Local use 5.
    Local5 = "local5",
    /// Local use 6.
    Local6 = "local6",
    /// Local use 7.
    Local7 = "local7",
}

words! {
    /// How grave a message is. The graver, the smaller: `Level::Emerg < Level::Debug`.
    Level:
    /// The system is unusable.
    Emerg = "emerg",
    /// Act at once.
    Alert = "alert",
    /// Critical.
    Crit = "crit",
    /// An error.
    Err = "err",
    /// A warning.
    Warning = "warning",
    /// Normal but worth a note.
    Notice = "notice",
    /// For information: what traffic logs use.
    Info = "info",
    /// For debugging.
    Debug = "debug",
}

words! {
    /// What stands in front of the message.
    Format:
    /// `<PRI>Mon DD HH:MM:SS tag[pid]: `.
    Local = "local",
    /// As `local`, with the host's name between date and tag (RFC 3164).
    Rfc3164 = "rfc3164",
    /// `<PRI>1 date host tag pid msgid structured-data ` (RFC 5424).
    Rfc5424 = "rfc5424",
    /// `<PRI>` alone.
    Priority = "priority",
    /// The level alone in angle brackets, as systemd reads it.
    Short = "short",
    /// The level in angle brackets and the ISO date.
    Timed = "timed",
    /// The ISO date alone.
    Iso = "iso",
    /// Nothing.
    Raw = "raw",
}

impl Format {
    /// Whether the header contains a date, so that the clock has to be read.
    #[must_use]
    pub const fn has_date(self) -> bool {
        match self {
            Format::Local | Format::Rfc3164 | Format::Rfc5424 | Format::Timed | Format::Iso => true,
            Format::Priority | Format::Short | Format::Raw => false,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_go_both_ways() {
        assert_eq!(Facility::ALL.len(), 24);
        assert_eq!(Level::ALL.len(), 8);
        for facility in Facility::ALL {
            assert_eq!(Facility::parse(facility.name().as_bytes()), Some(*facility));
        }
        assert_eq!(Facility::parse(b"local7").map(|f| f as u8), Some(23));
        assert_eq!(Facility::parse(b"auth2").map(|f| f as u8), Some(10));
        assert_eq!(Level::parse(b"err").map(|l| l as u8), Some(3));
        assert_eq!(Level::parse(b"error"), None);
        assert_eq!(Level::parse(b"INFO"), None);
        assert_eq!(Format::parse(b"priority"), Some(Format::Priority));
        assert_eq!(Format::parse(b""), None);
        assert!(Level::Emerg < Level::Debug);
    }
}
