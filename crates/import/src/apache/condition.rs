//! Conditions of rules, in the one form that our lines have: alternatives (`||`) of terms that all hold.

/// A condition: one of the alternatives holds; each is a list of terms that hold together. A term is the name of an
/// ACL or an anonymous one in braces, perhaps with `!` before it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Condition(Vec<Vec<String>>);

/// More alternatives than this are not written: nobody could read them.
const ALTERNATIVES_MAX: usize = 64;

impl Condition {
    /// Holds always.
    pub(super) fn always() -> Self {
        Self(vec![Vec::new()])
    }

    /// Holds never.
    pub(super) fn never() -> Self {
        Self(Vec::new())
    }

    /// One term.
    pub(super) fn term(term: impl Into<String>) -> Self {
        Self(vec![vec![term.into()]])
    }

    pub(super) fn is_always(&self) -> bool {
        self.0.iter().any(Vec::is_empty)
    }

    pub(super) fn is_never(&self) -> bool {
        self.0.is_empty()
    }

    /// Both hold. `None` if it grows too large.
    pub(super) fn and(&self, other: &Self) -> Option<Self> {
        if self.0.len() * other.0.len() > ALTERNATIVES_MAX {
            return None;
        }
        let mut out = Self::never();
        for left in &self.0 {
            for right in &other.0 {
                let mut terms = left.clone();
                terms.extend(right.iter().filter(|term| !left.contains(term)).cloned());
                let is_impossible = terms.iter().any(|term| terms.contains(&negated(term)));
                if !is_impossible && !out.0.contains(&terms) {
                    out.0.push(terms);
                }
            }
        }
        Some(out)
    }

    /// One of both holds.
    pub(super) fn or(&self, other: &Self) -> Self {
        if self.is_always() || other.is_always() {
            return Self::always();
        }
        let mut out = self.clone();
        out.0.extend(other.0.iter().filter(|terms| !self.0.contains(terms)).cloned());
        out
    }

    /// It does not hold. `None` if it grows too large.
    pub(super) fn not(&self) -> Option<Self> {
        let mut out = Self::always();
        for terms in &self.0 {
            out = out.and(&Self(terms.iter().map(|term| vec![negated(term)]).collect()))?;
        }
        Some(out)
    }

    /// What is left of it where a term is known to hold, or not to.
    pub(super) fn knowing(&self, term: &str, holds: bool) -> Self {
        let (true_term, false_term) =
            if holds { (term.to_owned(), negated(term)) } else { (negated(term), term.to_owned()) };
        let possible = self.0.iter().filter(|terms| !terms.contains(&false_term));
        Self(possible.map(|terms| terms.iter().filter(|it| **it != true_term).cloned().collect()).collect())
    }

    /// ` if ...`, or nothing where it always holds.
    pub(super) fn suffix(&self) -> String {
        if self.is_always() {
            return String::new();
        }
        let alternatives: Vec<String> = self.0.iter().map(|terms| terms.join(" ")).collect();
        format!(" if {}", alternatives.join(" || "))
    }
}

fn negated(term: &str) -> String {
    match term.strip_prefix('!') {
        Some(plain) => plain.to_owned(),
        None => format!("!{term}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn conditions_are_joined_and_negated() {
        let (a, b, c) = (Condition::term("a"), Condition::term("b"), Condition::term("!c"));
        let both = a.and(&b.or(&c)).unwrap();
        assert_eq!(both.suffix(), " if a b || a !c");
        assert_eq!(both.not().unwrap().suffix(), " if !a || !a c || !b !a || !b c");
        assert_eq!(Condition::always().suffix(), "");
        assert!(a.and(&a.not().unwrap()).unwrap().is_never());
        assert!(a.or(&Condition::always()).is_always());
        assert!(Condition::never().not().unwrap().is_always());
    }
}
