//! Telling people and tools what was found: which diagnostics are shown, in which form, where.
//!
//! Diagnostics go to standard error in every form, `--format json` included: standard output is for what was asked for.

use std::io::{IsTerminal, Write};

use diag::{Diagnostic, Diagnostics, Format, Severity, Sources, codes};

use crate::options::{Launch, Mode, Options, Verbosity};
use crate::startup;

/// Something could not be done: what is to be told.
#[derive(Debug)]
pub(crate) struct Failed(pub(crate) Diagnostics);

impl From<Diagnostic> for Failed {
    fn from(problem: Diagnostic) -> Self {
        let mut diags = Diagnostics::new();
        diags.push(problem);
        Failed(diags)
    }
}

impl Failed {
    /// One error without a place.
    pub(crate) fn because(text: impl Into<String>) -> Self {
        Diagnostic::error(text).code(codes::CANNOT_START).into()
    }
}

/// How diagnostics leave this process.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Report {
    format: Format,
    verbosity: Verbosity,
    mode: Mode,
    is_diagnostic: bool,
    /// Whether somebody else has told the same already: only errors are told again.
    is_echo: bool,
}

impl Report {
    /// As the options say; without `--format`, marked lines on a terminal and HAProxy's lines anywhere else.
    pub(crate) fn new(options: &Options) -> Self {
        let usual = || if std::io::stderr().is_terminal() { Format::People } else { Format::Haproxy };
        Report {
            format: options.format.unwrap_or_else(usual),
            verbosity: options.verbosity,
            mode: options.mode,
            is_diagnostic: options.is_diagnostic,
            is_echo: false,
        }
    }

    /// The same for what the reading of the configuration finds: a master that starts has told it before its worker.
    pub(crate) fn of_reading(options: &Options) -> Self {
        Report { is_echo: options.worker == Some(Launch::Start), ..Report::new(options) }
    }

    /// Whether `diagnostic` is shown. What `.notice` and its like say always is; other notices are for whoever checks
    /// a configuration or asks for more.
    fn shows(&self, diagnostic: &Diagnostic) -> bool {
        match diagnostic.severity {
            Severity::Error | Severity::Warning => true,
            Severity::Diag => self.is_diagnostic,
            Severity::Notice => match self.verbosity {
                Verbosity::Quiet => false,
                Verbosity::Verbose => true,
                Verbosity::Normal => {
                    (self.mode == Mode::Check && diagnostic.code != Some(keyword::built::INTERNAL))
                        || diagnostic.code == Some(syntax::codes::DIRECTIVE_MESSAGE)
                }
            },
        }
    }

    /// Writes to standard error what is to be shown of `diags`.
    pub(crate) fn tell(&self, diags: &Diagnostics, sources: &Sources) {
        let mut shown = Diagnostics::new();
        shown.extend(diags.iter().filter(|d| self.shows(d)).cloned());
        startup::keep(&shown, sources);
        if self.is_echo && !shown.has_errors() {
            return;
        }
        let text = diag::render(&shown, sources, self.format, std::process::id());
        // Nobody reads standard error: nothing else can be done about it.
        let _ = std::io::stderr().write_all(text.as_bytes());
    }

    /// Writes one diagnostic without a place.
    pub(crate) fn tell_one(&self, diagnostic: Diagnostic) {
        let mut diags = Diagnostics::new();
        diags.push(diagnostic);
        self.tell(&diags, &Sources::new());
    }

    /// The closing line after errors: how many, so that the reader need not scroll.
    pub(crate) fn tell_sum(&self, diags: &Diagnostics) {
        if self.format != Format::Json {
            let text = format!("the configuration cannot be used: {}", counted(diags));
            self.tell_one(Diagnostic::error(text));
        }
    }
}

fn counted(diags: &Diagnostics) -> String {
    let plural = |n: usize, word: &str| format!("{n} {word}{}", if n == 1 { "" } else { "s" });
    match (diags.errors(), diags.warnings() + diags.advice()) {
        (errors, 0) => plural(errors, "error"),
        (0, warnings) => plural(warnings, "warning"),
        (errors, warnings) => format!("{}, {}", plural(errors, "error"), plural(warnings, "warning")),
    }
}

/// Writes to standard output; a reader that went away is its own affair.
pub(crate) fn print(text: &str) {
    let mut out = std::io::stdout().lock();
    let _ = out.write_all(text.as_bytes()).and_then(|()| out.flush());
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn who_sees_what() {
        let start = Report::new(&Options::default());
        let check = Report::new(&Options { mode: Mode::Check, ..Options::default() });
        let quiet =
            Report::new(&Options { verbosity: Verbosity::Quiet, is_diagnostic: true, ..Options::default() });
        let spoken = Diagnostic::notice("x").code(syntax::codes::DIRECTIVE_MESSAGE);
        assert!(start.shows(&spoken) && !quiet.shows(&spoken));
        let hint = Diagnostic::notice("x");
        assert!(!start.shows(&hint) && check.shows(&hint));
        let suspicious = Diagnostic::diag("x");
        assert!(!check.shows(&suspicious) && quiet.shows(&suspicious));
        assert!(quiet.shows(&Diagnostic::warning("x")));
    }

    #[test]
    fn sums() {
        let mut diags = Diagnostics::new();
        diags.push(Diagnostic::error("a"));
        assert_eq!(counted(&diags), "1 error");
        diags.push(Diagnostic::warning("b"));
        diags.push(Diagnostic::warning("c"));
        assert_eq!(counted(&diags), "1 error, 2 warnings");
    }
}
