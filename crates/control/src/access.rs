//! What a user of a socket may do: the level of its `bind` line, and the modes that he switched on (management guide,
//! chapter 9.3, and `level` and `severity-output` in chapter 5.1 of the configuration manual).

/// How much a user may do. Each level includes those before it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Level {
    /// Read what is not sensitive.
    User,
    /// Read everything, change what does no harm. The default.
    Operator,
    /// Everything.
    Admin,
}

impl Level {
    /// The level called `name` behind the word `level`.
    #[must_use]
    pub fn parse(name: &str) -> Option<Level> {
        [Level::User, Level::Operator, Level::Admin].into_iter().find(|level| level.name() == name)
    }

    /// Its name.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Level::User => "user",
            Level::Operator => "operator",
            Level::Admin => "admin",
        }
    }
}

/// Which commands are there besides the usual ones.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Mode {
    /// Always there.
    Normal,
    /// After `expert-mode on`.
    Expert,
    /// After `experimental-mode on`.
    Experimental,
}

/// What stands before messages (`severity-output`).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum SeverityOutput {
    /// Nothing.
    #[default]
    None,
    /// The level's number, as `[6]: `.
    Number,
    /// The level's name, as `[info]: `.
    String,
}

impl SeverityOutput {
    /// The form called `name`.
    #[must_use]
    pub fn parse(name: &[u8]) -> Option<SeverityOutput> {
        match name {
            b"none" => Some(SeverityOutput::None),
            b"number" => Some(SeverityOutput::Number),
            b"string" => Some(SeverityOutput::String),
            _ => None,
        }
    }
}

/// How bad a message is, by the levels of syslog.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Severity {
    /// The command was not carried out.
    Error = 3,
    /// It was, but something about it is odd.
    Warning = 4,
    /// Something worth knowing.
    Notice = 5,
    /// What was asked for.
    Info = 6,
}

impl Severity {
    /// Its name.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Severity::Error => "err",
            Severity::Warning => "warning",
            Severity::Notice => "notice",
            Severity::Info => "info",
        }
    }
}

/// What one connection may do now.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Access {
    /// Its level.
    pub level: Level,
    /// Whether `expert-mode` is on.
    pub is_expert: bool,
    /// Whether `experimental-mode` is on.
    pub is_experimental: bool,
    /// Whether it may have the listening sockets (`expose-fd listeners`).
    pub has_sockets: bool,
}

impl Access {
    /// A connection's at its beginning.
    #[must_use]
    pub fn new(level: Level) -> Self {
        Access { level, is_expert: false, is_experimental: false, has_sockets: false }
    }

    /// The same, and it may have the listening sockets.
    #[must_use]
    pub fn with_sockets(self) -> Self {
        Access { has_sockets: true, ..self }
    }

    /// Whether commands of this mode are there.
    #[must_use]
    pub fn has(self, mode: Mode) -> bool {
        match mode {
            Mode::Normal => true,
            Mode::Expert => self.is_expert,
            Mode::Experimental => self.is_experimental,
        }
    }
}
