//! What `add-headers-bin`, `set-headers-bin` and `del-headers-bin` share: fields in the binary form of `req.hdrs_bin`.

use memchr::memmem;
use sample::{Expr, Problem, Txn};

use super::args::{expr, need, wrong};
use super::message::Side;
use crate::action::{Action, ActionCompile, Outcome};
use crate::words::Words;

/// Fields that say how the message is sent are left alone.
const IMMUTABLE: [&[u8]; 7] = [
    b"connection",
    b"content-length",
    b"expect",
    b"keep-alive",
    b"trailer",
    b"transfer-encoding",
    b"upgrade",
];

fn is_immutable(name: &[u8]) -> bool {
    IMMUTABLE.iter().any(|known| known.eq_ignore_ascii_case(name))
}

/// What becomes of fields that are there.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Present {
    /// They stay.
    Kept,
    /// They go.
    Replaced,
}

#[derive(Debug)]
struct AddAll {
    side: Side,
    expr: Expr,
    prefix: Box<[u8]>,
    present: Present,
}

/// `EXPR [prefix TEXT]`.
pub(super) fn compile_add(
    words: &mut Words<'_>,
    compile: &mut ActionCompile<'_, '_>,
    present: Present,
) -> Result<Box<dyn Action>, Problem> {
    let expr = expr(words, "the expression", compile)?;
    let prefix = if words.eat("prefix") { need(words, "the prefix")?.text.clone() } else { Vec::new() };
    Ok(Box::new(AddAll { side: Side::of(compile.kind), expr, prefix: prefix.into(), present }))
}

impl Action for AddAll {
    fn run(&self, txn: &mut Txn) -> Outcome {
        let Some(list) = binary(&self.expr, txn) else { return Outcome::Continue };
        let mut rest = list.as_slice();
        while !rest.is_empty() {
            let Some(name) = part(&mut rest) else { return self.side.failed(txn) };
            if name.is_empty() {
                // An empty name ends the list, and has an empty value.
                let is_end = part(&mut rest).is_some_and(<[u8]>::is_empty);
                return if is_end { Outcome::Continue } else { self.side.failed(txn) };
            }
            let Some(value) = part(&mut rest) else { return self.side.failed(txn) };
            if !name.starts_with(&self.prefix) || is_immutable(name) {
                continue;
            }
            if self.present == Present::Replaced {
                self.side.head_mut(txn).fields.remove(name);
            }
            if !self.side.has_room(txn, name.len() + value.len()) {
                return self.side.failed(txn);
            }
            self.side.head_mut(txn).fields.push(name, value);
            self.side.follow_host(txn, name, value);
        }
        // The list broke off.
        Outcome::Fail
    }
}

/// How names are compared.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Method {
    Whole,
    Beginning,
    End,
    Part,
}

#[derive(Debug)]
struct DeleteAll {
    side: Side,
    expr: Expr,
    method: Method,
}

/// `EXPR [-m METHOD]`.
pub(super) fn compile_del(
    words: &mut Words<'_>,
    compile: &mut ActionCompile<'_, '_>,
) -> Result<Box<dyn Action>, Problem> {
    let expr = expr(words, "the expression", compile)?;
    let mut method = Method::Whole;
    if words.eat("-m") {
        let word = need(words, "the matching method behind `-m`")?;
        method = match word.text.as_slice() {
            b"str" => Method::Whole,
            b"beg" => Method::Beginning,
            b"end" => Method::End,
            b"sub" => Method::Part,
            _ => return Err(wrong(word, "names are matched by `str`, `beg`, `end` or `sub`")),
        };
    }
    Ok(Box::new(DeleteAll { side: Side::of(compile.kind), expr, method }))
}

impl Action for DeleteAll {
    fn run(&self, txn: &mut Txn) -> Outcome {
        let Some(list) = binary(&self.expr, txn) else { return Outcome::Continue };
        let mut rest = list.as_slice();
        while !rest.is_empty() {
            let Some(wanted) = part(&mut rest) else { return self.side.failed(txn) };
            if wanted.is_empty() {
                return Outcome::Continue;
            }
            if !is_immutable(wanted) {
                let wanted = wanted.to_ascii_lowercase();
                let fields = &mut self.side.head_mut(txn).fields;
                fields.retain(|name, _| !self.method.fits(&name.to_ascii_lowercase(), &wanted));
            }
        }
        // The list broke off.
        Outcome::Fail
    }
}

impl Method {
    /// Whether a name is meant; both in lower case.
    fn fits(self, name: &[u8], wanted: &[u8]) -> bool {
        match self {
            Method::Whole => name == wanted,
            Method::Beginning => name.starts_with(wanted),
            Method::End => name.ends_with(wanted),
            Method::Part => memmem::find(name, wanted).is_some(),
        }
    }
}

/// The list, out of the message that it may be a part of.
fn binary(expr: &Expr, txn: &Txn) -> Option<Vec<u8>> {
    expr.eval(txn).map(|value| value.to_str().into_owned())
}

/// The next text behind its length; `None` when the list breaks off within.
fn part<'l>(rest: &mut &'l [u8]) -> Option<&'l [u8]> {
    let len = usize::try_from(length(rest)?).ok()?;
    let (part, after) = rest.split_at_checked(len)?;
    *rest = after;
    Some(part)
}

/// A number of variable size: one byte below 240, else its low four bits and then seven bits a byte.
fn length(rest: &mut &[u8]) -> Option<u64> {
    let mut next = || {
        let (byte, after) = rest.split_first()?;
        *rest = after;
        Some(u64::from(*byte))
    };
    let mut len = next()?;
    if len < 240 {
        return Some(len);
    }
    let mut shift = 4;
    loop {
        let byte = next()?;
        len = len.checked_add(byte.checked_shl(shift)?)?;
        if byte < 128 {
            return Some(len);
        }
        shift += 7;
    }
}

#[cfg(test)]
mod tests {
    use super::length;
    use crate::action::{Kinds, Outcome};
    use crate::actions::testing::{fields, request, run, try_compile};

    const RULES: Kinds = Kinds::HTTP_REQUEST;

    #[test]
    fn lengths_of_every_size() {
        for (bytes, wanted) in
            [(&[0][..], 0), (&[239], 239), (&[240, 0], 240), (&[255, 127], 2287), (&[240, 128, 0], 2288)]
        {
            assert_eq!(length(&mut &*bytes), Some(wanted), "{bytes:?}");
        }
        assert_eq!(length(&mut &[240][..]), None);
        assert_eq!(length(&mut &[255; 12][..]), None);
    }

    #[test]
    fn what_was_kept_comes_back() {
        let mut txn = request("GET / HTTP/1.1", &[("X-A", "1"), ("X-B", "2"), ("Upgrade", "u"), ("Y", "3")]);
        run(RULES, "set-var(txn.all) req.hdrs_bin", &mut txn);
        run(RULES, "del-header X- -m beg", &mut txn);
        run(RULES, "set-header Y 4", &mut txn);
        run(RULES, "add-headers-bin var(txn.all) prefix x-", &mut txn);
        assert_eq!(fields(&txn.req), ["Upgrade: u", "Y: 4", "x-a: 1", "x-b: 2"]);
        run(RULES, "set-headers-bin var(txn.all)", &mut txn);
        assert_eq!(fields(&txn.req), ["Upgrade: u", "x-a: 1", "x-b: 2", "y: 3"]);
    }

    #[test]
    fn names_are_removed() {
        // x-a, then the end.
        let list = "bin(03782d6100)";
        for (rule, left) in [
            ("", &["Y-X-A: 2", "X-AB: 3"][..]),
            (" -m beg", &["Y-X-A: 2"]),
            (" -m end", &["X-AB: 3"]),
            (" -m sub", &[]),
        ] {
            let mut txn = request("GET / HTTP/1.1", &[("X-A", "1"), ("Y-X-A", "2"), ("X-AB", "3")]);
            run(RULES, &format!("del-headers-bin {list}{rule}"), &mut txn);
            assert_eq!(fields(&txn.req), left, "{rule}");
        }
        assert!(try_compile(RULES, &format!("del-headers-bin {list} -m reg")).is_err());
    }

    #[test]
    fn lists_that_break_off() {
        for rule in [
            "add-headers-bin bin(0178)",
            "add-headers-bin bin(01780561)",
            "add-headers-bin bin(01780161)",
            "del-headers-bin bin(0578)",
        ] {
            let mut txn = request("GET / HTTP/1.1", &[]);
            assert!(matches!(run(RULES, rule, &mut txn), Outcome::Fail), "{rule}");
        }
        let mut txn = request("GET / HTTP/1.1", &[]);
        run(RULES, "strict-mode off", &mut txn);
        assert!(matches!(run(RULES, "add-headers-bin bin(0178)", &mut txn), Outcome::Continue));
    }
}
