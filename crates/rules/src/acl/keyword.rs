//! ACL keywords: short names for a fetch with a matching method (configuration manual, chapter 7.3, "Derivatives").

use state::pattern::Method;

/// How the patterns of a keyword are written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Notation {
    /// As the matching method has it.
    Usual,
    /// Method names, compared as methods.
    Method,
    /// Groups of a `userlist`, compared with those of the user.
    Groups,
}

/// What an ACL keyword stands for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Keyword {
    /// The fetch.
    pub(super) fetch: &'static str,
    /// The matching method.
    pub(super) matching: Method,
    /// How patterns are written.
    pub(super) notation: Notation,
}

impl Keyword {
    /// Whether the keyword's name says how to match, so that another method with `-m` is probably a mistake.
    pub(super) fn is_own_method(&self) -> bool {
        self.notation == Notation::Method || ENDINGS.iter().any(|ending| ending.1 == self.matching)
    }
}

/// Fetches with a keyword for every way to compare text, as `hdr_beg`, `hdr_dom`.
const FAMILIES: &[(&str, &str)] = &[
    ("base", "base"),
    ("cook", "req.cook"),
    ("hdr", "req.hdr"),
    ("path", "path"),
    ("req.cook", "req.cook"),
    ("req.hdr", "req.hdr"),
    ("res.cook", "res.cook"),
    ("res.hdr", "res.hdr"),
    ("scook", "res.cook"),
    ("shdr", "res.hdr"),
    ("url", "url"),
    ("urlp", "urlp"),
];

/// The endings that choose how text is compared.
const ENDINGS: &[(&str, Method)] = &[
    ("beg", Method::Beg),
    ("dir", Method::Dir),
    ("dom", Method::Dom),
    ("end", Method::End),
    ("len", Method::Len),
    ("reg", Method::Reg),
    ("sub", Method::Sub),
];

/// Keywords that stand alone.
const SINGLES: &[(&str, &str, Method, Notation)] = &[
    ("http_auth_group", "http_auth_group", Method::Str, Notation::Groups),
    ("method", "method", Method::Str, Notation::Method),
    ("payload", "req.payload", Method::Bin, Notation::Usual),
    ("payload_lv", "req.payload_lv", Method::Bin, Notation::Usual),
    ("req.ssl_ver", "req.ssl_ver", Method::Version, Notation::Usual),
    ("req_rdp_cookie", "req.rdp_cookie", Method::Str, Notation::Usual),
    ("req_rdp_cookie_cnt", "req.rdp_cookie_cnt", Method::Int, Notation::Usual),
    ("req_ssl_sni", "req.ssl_sni", Method::Str, Notation::Usual),
    ("req_ssl_ver", "req.ssl_ver", Method::Version, Notation::Usual),
    ("req_ver", "req.ver", Method::Str, Notation::Usual),
    ("resp_ver", "res.ver", Method::Str, Notation::Usual),
    ("ssl_fc_sni_end", "ssl_fc_sni", Method::End, Notation::Usual),
    ("ssl_fc_sni_reg", "ssl_fc_sni", Method::Reg, Notation::Usual),
];

/// What `name` stands for, if it is an ACL keyword rather than a plain fetch.
pub(super) fn lookup(name: &str) -> Option<Keyword> {
    if let Some((_, fetch, matching, notation)) = SINGLES.iter().find(|single| single.0 == name) {
        return Some(Keyword { fetch, matching: *matching, notation: *notation });
    }
    let usual = |fetch, matching| Keyword { fetch, matching, notation: Notation::Usual };
    if let Some((_, fetch)) = FAMILIES.iter().find(|family| family.0 == name) {
        return Some(usual(fetch, Method::Str));
    }
    let (family, ending) = name.rsplit_once('_')?;
    let (_, fetch) = FAMILIES.iter().find(|known| known.0 == family)?;
    let (_, matching) = ENDINGS.iter().find(|known| known.0 == ending)?;
    Some(usual(fetch, *matching))
}

/// All ACL keywords, for suggestions.
pub(super) fn names() -> impl Iterator<Item = String> {
    let singles = SINGLES.iter().map(|single| single.0.to_owned());
    let derived = FAMILIES
        .iter()
        .flat_map(|(family, _)| ENDINGS.iter().map(move |(ending, _)| format!("{family}_{ending}")));
    singles.chain(FAMILIES.iter().map(|family| family.0.to_owned())).chain(derived)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keywords_mean_a_fetch_and_a_method() {
        let means = |name: &str| lookup(name).map(|k| (k.fetch, k.matching));
        assert_eq!(means("hdr_beg"), Some(("req.hdr", Method::Beg)));
        assert_eq!(means("req.hdr_end"), Some(("req.hdr", Method::End)));
        assert_eq!(means("scook"), Some(("res.cook", Method::Str)));
        assert_eq!(means("path_len"), Some(("path", Method::Len)));
        assert_eq!(means("ssl_fc_sni_reg"), Some(("ssl_fc_sni", Method::Reg)));
        assert_eq!(means("hdr_cnt"), None);
        assert_eq!(means("src"), None);
        assert!(names().any(|name| name == "urlp_sub"));
    }

    #[test]
    fn versions_and_methods_have_their_own_notation() {
        assert_eq!(lookup("req_ssl_ver").map(|k| k.matching), Some(Method::Version));
        assert_eq!(lookup("method").map(|k| k.notation), Some(Notation::Method));
    }
}
