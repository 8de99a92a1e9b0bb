//! One thing worth telling, and the collector that all readers share.

use crate::place::Span;

/// How grave a diagnostic is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Severity {
    /// The configuration cannot be used.
    Error,
    /// It can be used, but probably does not do what was meant; `zero-warning` makes it fatal.
    Warning,
    /// For information.
    Notice,
    /// Told only in diagnostic mode (`-dD`).
    Diag,
}

/// The stable number of a kind of diagnostic, such as `E0212`. Numbered once, never reused.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Code(pub &'static str);

/// One thing worth telling. Built by chaining: `Diagnostic::error("...").at(span).suggest("...")`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Diagnostic {
    /// How grave it is.
    pub severity: Severity,
    /// Whether a warning is one that HAProxy does not give: `zero-warning`, written for HAProxy, lets it pass. Nothing
    /// but a warning is advice.
    pub is_advice: bool,
    /// Its stable number, where it has one.
    pub code: Option<Code>,
    /// One sentence without a final stop; words of the file between backticks.
    pub message: String,
    /// Where; `None` when no file is to blame.
    pub span: Option<Span>,
    /// A few words to stand under the marked place.
    pub label: Option<String>,
    /// What else helps, one sentence each.
    pub notes: Vec<String>,
    /// What was probably meant, to stand in place of the marked text.
    pub suggestion: Option<String>,
}

impl Diagnostic {
    /// An error.
    #[must_use]
    pub fn error(message: impl Into<String>) -> Self {
        Self::new(Severity::Error, message.into())
    }

    /// A warning.
    #[must_use]
    pub fn warning(message: impl Into<String>) -> Self {
        Self::new(Severity::Warning, message.into())
    }

    /// A warning that HAProxy would not give.
    #[must_use]
    pub fn advice(message: impl Into<String>) -> Self {
        Self { is_advice: true, ..Self::warning(message) }
    }

    /// A notice.
    #[must_use]
    pub fn notice(message: impl Into<String>) -> Self {
        Self::new(Severity::Notice, message.into())
    }

    /// A remark for diagnostic mode.
    #[must_use]
    pub fn diag(message: impl Into<String>) -> Self {
        Self::new(Severity::Diag, message.into())
    }

    fn new(severity: Severity, message: String) -> Self {
        Self {
            severity,
            is_advice: false,
            code: None,
            message,
            span: None,
            label: None,
            notes: Vec::new(),
            suggestion: None,
        }
    }

    /// Says where.
    #[must_use]
    pub fn at(self, span: Span) -> Self {
        Self { span: Some(span), ..self }
    }

    /// Says a few words under the marked place.
    #[must_use]
    pub fn label(self, label: impl Into<String>) -> Self {
        Self { label: Some(label.into()), ..self }
    }

    /// Adds a sentence that helps.
    #[must_use]
    pub fn note(mut self, note: impl Into<String>) -> Self {
        self.notes.push(note.into());
        self
    }

    /// Says what was probably meant.
    #[must_use]
    pub fn suggest(self, replacement: impl Into<String>) -> Self {
        Self { suggestion: Some(replacement.into()), ..self }
    }

    /// Gives it its number.
    #[must_use]
    pub fn code(self, code: Code) -> Self {
        Self { code: Some(code), ..self }
    }
}

/// Collects diagnostics in the order in which they are found.
#[derive(Clone, Debug, Default)]
pub struct Diagnostics(Vec<Diagnostic>);

impl Diagnostics {
    /// Nothing found yet.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds one.
    pub fn push(&mut self, diagnostic: Diagnostic) {
        self.0.push(diagnostic);
    }

    /// How many errors there are.
    #[must_use]
    pub fn errors(&self) -> usize {
        self.count(Severity::Error)
    }

    /// How many warnings there are, advice left out.
    #[must_use]
    pub fn warnings(&self) -> usize {
        self.count(Severity::Warning) - self.advice()
    }

    /// How many warnings there are that HAProxy would not give.
    #[must_use]
    pub fn advice(&self) -> usize {
        self.iter().filter(|diagnostic| diagnostic.is_advice).count()
    }

    /// Whether there is any error.
    #[must_use]
    pub fn has_errors(&self) -> bool {
        self.iter().any(|diagnostic| diagnostic.severity == Severity::Error)
    }

    /// All of them, in order.
    pub fn iter(&self) -> std::slice::Iter<'_, Diagnostic> {
        self.0.iter()
    }

    /// Whether nothing was found at all.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// How many there are of every severity together.
    #[must_use]
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// Orders them by file, line and column; those without a place come first, equals keep their order.
    pub fn sort_by_place(&mut self) {
        self.0.sort_by_key(|diagnostic| diagnostic.span.map(|span| (span.file, span.line, span.column)));
    }

    fn count(&self, severity: Severity) -> usize {
        self.iter().filter(|diagnostic| diagnostic.severity == severity).count()
    }
}

impl<'a> IntoIterator for &'a Diagnostics {
    type Item = &'a Diagnostic;
    type IntoIter = std::slice::Iter<'a, Diagnostic>;

    fn into_iter(self) -> Self::IntoIter {
        self.iter()
    }
}

impl Extend<Diagnostic> for Diagnostics {
    fn extend<T: IntoIterator<Item = Diagnostic>>(&mut self, diagnostics: T) {
        self.0.extend(diagnostics);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::place::FileId;

    fn at(line: u32, column: u32) -> Span {
        Span { file: FileId(0), line, column, len: 1 }
    }

    #[test]
    fn counts_by_severity() {
        let mut diags = Diagnostics::new();
        diags.push(Diagnostic::warning("w"));
        assert!(!diags.has_errors());
        diags.push(Diagnostic::error("e"));
        diags.push(Diagnostic::notice("n"));
        diags.push(Diagnostic::advice("a"));
        assert_eq!((diags.errors(), diags.warnings(), diags.advice(), diags.len()), (1, 1, 1, 4));
        assert!(diags.has_errors());
    }

    #[test]
    fn sorts_stably_and_placeless_first() {
        let mut diags = Diagnostics::new();
        diags.push(Diagnostic::error("c").at(at(2, 1)));
        diags.push(Diagnostic::error("b1").at(at(1, 5)));
        diags.push(Diagnostic::error("b2").at(at(1, 5)));
        diags.push(Diagnostic::error("a"));
        diags.sort_by_place();
        let order: Vec<_> = diags.iter().map(|d| d.message.as_str()).collect();
        assert_eq!(order, ["a", "b1", "b2", "c"]);
    }
}
