//! What stands behind the page's path: `;csv`, `;up`, `;norefresh`, `;st=CODE`, `scope=NAME` and their like.

use config::model::StatsPage;

use super::Outcome;

/// Longer texts to look for are cut.
const SCOPE_BYTES_MAX: usize = 20;

/// The forms of the page.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) enum Shape {
    /// For browsers.
    #[default]
    Html,
    /// `;csv`.
    Csv,
    /// `;typed`.
    Typed,
    /// `;json`.
    Json,
    /// `;json-schema`: what `;json` looks like.
    Schema,
}

impl Shape {
    /// Its `content-type`.
    pub(crate) fn media_type(self) -> &'static [u8] {
        match self {
            Shape::Html => b"text/html",
            Shape::Csv | Shape::Typed => b"text/plain",
            Shape::Json | Shape::Schema => b"application/json",
        }
    }
}

/// What a request asks of the page.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(crate) struct Query {
    /// The form.
    pub(crate) shape: Shape,
    /// `;up`: servers that are down are left out.
    pub(crate) hides_down: bool,
    /// `;no-maint`: servers in maintenance are left out.
    pub(crate) hides_maintenance: bool,
    /// `;norefresh`: the page stays as it is.
    pub(crate) has_no_refresh: bool,
    /// `;st=`: what came of the change that led here.
    pub(crate) outcome: Option<Outcome>,
    /// `scope=`: a part of the names of proxies to show; empty: all.
    pub(crate) scope: String,
}

impl Query {
    /// Reads it. What is not understood has no effect.
    pub(crate) fn parse(text: &[u8]) -> Query {
        let has = |word: &str| find(text, word).is_some();
        let shape = if has(";json-schema") {
            Shape::Schema
        } else if has(";json") {
            Shape::Json
        } else if has(";typed") {
            Shape::Typed
        } else if has(";csv") {
            Shape::Csv
        } else {
            Shape::Html
        };
        Query {
            shape,
            hides_down: has(";up"),
            hides_maintenance: has(";no-maint"),
            has_no_refresh: has(";norefresh"),
            outcome: find(text, ";st=").map(|at| Outcome::of_code(&text[at..])),
            scope: scope(text),
        }
    }

    /// Whether a proxy of this name is looked for.
    pub(crate) fn is_looked_for(&self, name: &str) -> bool {
        self.scope.is_empty() || name.to_ascii_lowercase().contains(&self.scope.to_ascii_lowercase())
    }

    /// The same options, for links of the page.
    pub(crate) fn options(&self, page: &StatsPage) -> String {
        let mut text = String::new();
        if self.hides_down {
            text.push_str(";up");
        }
        if self.has_no_refresh && page.refresh_s > 0 {
            text.push_str(";norefresh");
        }
        text + &self.scope_option()
    }

    /// `?scope=NAME`, or nothing.
    pub(crate) fn scope_option(&self) -> String {
        if self.scope.is_empty() { String::new() } else { format!("?scope={}", self.scope) }
    }
}

/// Where what follows `word` begins.
fn find(text: &[u8], word: &str) -> Option<usize> {
    text.windows(word.len()).position(|part| part == word.as_bytes()).map(|at| at + word.len())
}

/// Names consist of few characters; a text with any other is nobody's, and nothing that a page could safely repeat.
fn scope(text: &[u8]) -> String {
    let Some(at) = find(text, "scope=") else { return String::new() };
    let rest = &text[at..];
    let end = rest.iter().position(|byte| matches!(byte, b';' | b'&' | b' ')).unwrap_or(rest.len());
    let scope = &rest[..end.min(SCOPE_BYTES_MAX)];
    let is_plain = |byte: &u8| byte.is_ascii_alphanumeric() || b"_-.:".contains(byte);
    if scope.iter().all(is_plain) { String::from_utf8_lossy(scope).into_owned() } else { String::new() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn options() {
        let query = Query::parse(b"?;csv;up;norefresh;scope=b1&x");
        assert_eq!((query.shape, query.hides_down, query.has_no_refresh), (Shape::Csv, true, true));
        assert_eq!(query.scope, "b1");
        let page = StatsPage { refresh_s: 5, ..StatsPage::default() };
        assert_eq!(query.options(&page), ";up;norefresh?scope=b1");
        assert_eq!(Query::parse(b";json-schema").shape, Shape::Schema);
        assert_eq!(Query::parse(b";json").shape, Shape::Json);
        assert_eq!(Query::parse(b";st=DENY").outcome, Some(Outcome::Deny));
        assert_eq!(Query::parse(b";st=xx").outcome, Some(Outcome::Unknown));
        assert_eq!(Query::parse(b""), Query::default());
    }

    #[test]
    fn nothing_foreign_is_repeated() {
        assert_eq!(Query::parse(b"?scope=<script>").scope, "");
        assert_eq!(Query::parse(b"?scope=a%22b").scope, "");
        assert_eq!(Query::parse(format!("?scope={}", "x".repeat(30)).as_bytes()).scope.len(), 20);
        assert!(Query::parse(b"?scope=WEB").is_looked_for("my-web-1"));
        assert!(!Query::parse(b"?scope=WEB").is_looked_for("api"));
    }

    proptest::proptest! {
        /// Whatever a client writes behind the path, nothing of it can leave an attribute of the page.
        #[test]
        fn any_text(text in proptest::collection::vec(proptest::num::u8::ANY, 0..60)) {
            let query = Query::parse(&text);
            let options = query.options(&StatsPage::default());
            proptest::prop_assert!(!options.contains(['"', '<', '>', '&', '\'', ' ', '\r', '\n']));
            proptest::prop_assert!(query.scope.len() <= SCOPE_BYTES_MAX);
        }
    }
}
