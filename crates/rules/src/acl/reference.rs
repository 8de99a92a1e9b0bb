//! What lists and the reference tell of ACLs: options, matching methods, operators, keywords, and the ACLs that need no
//! definition.

use keyword::Entry;
use state::pattern::Method;

use super::{keyword as derived, predefined};

const KIND: &str = "acl";

const OPTIONS: &[(&str, &str, &str)] = &[
    ("-i", "", "letters match whatever their case"),
    ("-f", "file", "patterns from a file, one a line"),
    ("-m", "method", "how values and patterns are compared"),
    ("-M", "", "the files that follow are maps: their first column counts"),
    ("-n", "", "names of hosts do not stand for addresses"),
    ("-u", "number", "the number of this list for the runtime API"),
    ("--", "", "what follows is patterns, also if it begins with a dash"),
];

const OPERATORS: &[(&str, &str)] = &[
    ("eq", "equal to the numbers that follow"),
    ("ge", "at least as large"),
    ("gt", "larger"),
    ("le", "at most as large"),
    ("lt", "smaller"),
];

/// All of it.
pub fn entries() -> impl Iterator<Item = Entry> {
    let options =
        OPTIONS.iter().map(|(name, argument, brief)| Entry::new(KIND, *name, brief).arguments(*argument));
    let methods = Method::ALL
        .iter()
        .filter(|method| Method::parse(method.name()) == Some(**method))
        .map(|method| Entry::new(KIND, format!("-m {}", method.name()), about(*method)));
    let operators = OPERATORS.iter().map(|(name, brief)| Entry::new(KIND, *name, brief));
    let keywords = derived::names().map(|name| {
        let brief = "a fetch with a way to compare its values";
        let means =
            derived::lookup(&name).map(|keyword| format!("{} -m {}", keyword.fetch, keyword.matching.name()));
        Entry::new(KIND, name, brief).arguments(means.unwrap_or_default())
    });
    let ready = predefined::names().map(|name| {
        let means = predefined::words(name.as_bytes()).unwrap_or_default().join(" ");
        Entry::new(KIND, name, "an ACL that is there without a definition").arguments(means)
    });
    options.chain(methods).chain(operators).chain(keywords).chain(ready)
}

fn about(method: Method) -> &'static str {
    match method {
        Method::Found => "any value will do",
        Method::Bool => "the value is true",
        Method::Int => "numbers, ranges, operators",
        Method::Ip => "addresses and networks",
        Method::Bin => "bytes in hexadecimal",
        Method::Len => "the length of text",
        Method::Str => "the whole text",
        Method::Sub => "text within the value",
        Method::Beg => "text at its beginning",
        Method::End => "text at its end",
        Method::Dir => "a part between slashes",
        Method::Dom => "a part between dots",
        Method::Reg => "a regular expression",
        Method::Regm => "a regular expression whose groups a map's value takes",
        Method::Version => "versions, `3.1` or a range",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_is_there_once() {
        let mut names: Vec<String> = entries().map(|entry| entry.name).collect();
        let count = names.len();
        names.sort();
        names.dedup();
        assert_eq!(names.len(), count);
        for name in ["-m beg", "hdr_beg", "METH_GET", "-f", "ge"] {
            assert!(names.iter().any(|known| known == name), "{name}");
        }
    }
}
