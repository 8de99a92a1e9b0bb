//! The host names of a certificate as a configuration writes them.

/// One of them, lower case.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Filter {
    /// `name`.
    Exact(Box<str>),
    /// `*.name`, without the asterisk.
    Wild(Box<str>),
    /// `!name`.
    Excluded(Box<str>),
    /// `*`: whatever no other has.
    Default,
}

impl Filter {
    /// Reads one. Nothing for what has no effect: a `!` before an asterisk, or no name at all.
    pub(crate) fn parse(text: &str) -> Option<Filter> {
        let lower = |name: &str| (!name.is_empty()).then(|| name.to_ascii_lowercase().into_boxed_str());
        match text.strip_prefix('!') {
            Some(name) if name.starts_with('*') => None,
            Some(name) => lower(name).map(Filter::Excluded),
            None => match text.strip_prefix('*') {
                Some("") => Some(Filter::Default),
                Some(name) => lower(name).map(Filter::Wild),
                None => lower(text).map(Filter::Exact),
            },
        }
    }

    /// The name that is taken out.
    pub(crate) fn excluded(&self) -> Option<Box<str>> {
        match self {
            Filter::Excluded(name) => Some(name.clone()),
            Filter::Exact(_) | Filter::Wild(_) | Filter::Default => None,
        }
    }
}
