//! Maps: `map_<method>[_<output>](file[,default])`.

use std::sync::Arc;

use super::entry::Output;
use super::reference::PatternExpr;
use super::{Method, PatternRef};
use crate::regexp::expand;
use crate::value::{Type, Value};

/// A map as one converter uses it. Cheap to clone.
#[derive(Debug, Clone)]
pub struct Map {
    expr: Arc<PatternExpr>,
}

/// How a map's name is built: method and output of `map`, `map_beg`, `map_str_int`, `map_regm`, ...
///
/// `None` if `name` is no map converter; the `_key` variants, which give the pattern, are told by [`Selects`].
#[must_use]
pub fn parse_name(name: &str) -> Option<(Method, Output, Selects)> {
    let Some(rest) = name.strip_prefix("map_") else {
        return (name == "map").then_some((Method::Str, Output::Str, Selects::Value));
    };
    let (method, output) =
        rest.split_once('_').map_or((rest, None), |(method, output)| (method, Some(output)));
    let method = Method::ALL.iter().copied().find(|m| m.name() == method && *m != Method::Version)?;
    if matches!(method, Method::Found | Method::Bool | Method::Bin | Method::Len) {
        return None;
    }
    match output {
        None | Some("str") => Some((method, Output::Str, Selects::Value)),
        Some("key") => Some((method, Output::Str, Selects::Key)),
        Some("int") if method != Method::Regm => Some((method, Output::Int, Selects::Value)),
        Some("ip") if method != Method::Regm => Some((method, Output::Ip, Selects::Value)),
        Some(_) => None,
    }
}

/// What a map converter gives for an entry.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Selects {
    /// Its value.
    Value,
    /// Its pattern.
    Key,
}

impl Map {
    /// The map behind `expr`.
    #[must_use]
    pub fn new(expr: Arc<PatternExpr>) -> Self {
        Map { expr }
    }

    /// Where its entries are kept.
    #[must_use]
    pub fn reference(&self) -> &Arc<PatternRef> {
        self.expr.reference()
    }

    /// The type that samples are cast to before they are looked up.
    #[must_use]
    pub fn input(&self) -> Type {
        self.expr.method().sample_type()
    }

    /// The type of its values.
    #[must_use]
    pub fn output(&self) -> Type {
        match self.expr.output() {
            Output::Str => Type::Str,
            Output::Int => Type::Int,
            Output::Ip => Type::Addr,
        }
    }

    /// The value for `value`, `None` if nothing matches. With method `regm` its back references are filled in; a
    /// value that is no template gives nothing then.
    #[must_use]
    pub fn lookup(&self, value: &Value<'_>) -> Option<Value<'static>> {
        self.expr.with_set(|set| {
            if self.expr.method() != Method::Regm {
                return set.find(value)?.value(self.expr.output());
            }
            let (entry, captures) = set.find_captures(value)?;
            let mut out = Vec::new();
            expand(&entry.text()?, &value.text(), &captures, &mut out).ok()?;
            Some(Value::string(out))
        })
    }

    /// The pattern that `value` matches.
    #[must_use]
    pub fn lookup_key(&self, value: &Value<'_>) -> Option<Value<'static>> {
        self.expr.with_set(|set| set.find(value).map(|entry| Value::string(entry.pattern().to_vec())))
    }
}

#[cfg(test)]
mod tests {
    use std::net::Ipv4Addr;

    use super::super::reference::Columns;
    use super::super::{Case, file};
    use super::*;

    fn map(name: &str, content: &str) -> Map {
        let (method, output, _) = parse_name(name).unwrap();
        let reference = PatternRef::new("test.map", Columns::Two);
        reference.load(file::lines(content.as_bytes(), Columns::Two));
        Map::new(reference.attach(method, Case::Sensitive, output).unwrap())
    }

    fn find(map: &Map, value: &str) -> Option<String> {
        let found = map.lookup(&Value::str(value.as_bytes()))?;
        Some(String::from_utf8(found.to_str().into_owned()).unwrap())
    }

    #[test]
    fn names() {
        assert_eq!(parse_name("map"), Some((Method::Str, Output::Str, Selects::Value)));
        assert_eq!(parse_name("map_ip_int"), Some((Method::Ip, Output::Int, Selects::Value)));
        assert_eq!(parse_name("map_beg_key"), Some((Method::Beg, Output::Str, Selects::Key)));
        assert_eq!(parse_name("map_regm"), Some((Method::Regm, Output::Str, Selects::Value)));
        for wrong in ["map_", "map_x", "map_str_x", "map_bool", "maps"] {
            assert_eq!(parse_name(wrong), None, "{wrong}");
        }
    }

    #[test]
    fn lists_give_the_first_and_trees_the_first_of_equals() {
        let content =
            "first.domain.tld first\ndomain.tld domain\nsecond.domain.tld second\nfirst.domain.tld again\n";
        let dom = map("map_dom", content);
        assert_eq!(find(&dom, "first.domain.tld").as_deref(), Some("first"));
        assert_eq!(find(&dom, "second.domain.tld").as_deref(), Some("domain"));
        let exact = map("map_str", content);
        assert_eq!(find(&exact, "first.domain.tld").as_deref(), Some("first"));
        assert_eq!(find(&exact, "third.domain.tld"), None);
    }

    #[test]
    fn every_method() {
        assert_eq!(find(&map("map_beg", "/a 1\n/a/b 2\n"), "/a/b/c").as_deref(), Some("2"));
        assert_eq!(find(&map("map_end", ".com 1\nx.com 2\n"), "x.com").as_deref(), Some("1"));
        assert_eq!(find(&map("map_sub", "b 1\na 2\n"), "ab").as_deref(), Some("1"));
        assert_eq!(find(&map("map_dir", "img pictures\n"), "/img/x").as_deref(), Some("pictures"));
        assert_eq!(find(&map("map_reg", "^/x bad\n^/ root\n"), "/y").as_deref(), Some("root"));
        assert_eq!(find(&map("map_int", "1:5 low\n6: high\n"), "7").as_deref(), Some("high"));
        assert_eq!(
            find(&map("map_ip", "10.0.0.0/8 ten\n10.1.0.0/16 one\n"), "10.1.2.3").as_deref(),
            Some("one")
        );
        assert_eq!(find(&map("map_regm", r"^([^.]*)\.(.*)$ \2/\1"), "a.b.c").as_deref(), Some("b.c/a"));
        assert_eq!(find(&map("map_str", "alone\n"), "alone").as_deref(), Some(""));
    }

    #[test]
    fn outputs() {
        let int = map("map_str_int", "a 7\nb -3\n");
        assert_eq!(int.lookup(&Value::str(b"b")), Some(Value::Int(-3)));
        let ip = map("map_str_ip", "a 192.0.2.1\nb ::1\n");
        assert_eq!(ip.lookup(&Value::str(b"a")), Some(Value::Ipv4(Ipv4Addr::new(192, 0, 2, 1))));
        assert_eq!(ip.lookup_key(&Value::str(b"b")), Some(Value::str(b"b")));
        assert_eq!((int.output(), ip.output(), ip.input()), (Type::Int, Type::Addr, Type::Str));
    }
}
