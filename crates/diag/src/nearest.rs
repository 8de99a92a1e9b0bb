//! "Did you mean ...": the known word that a mistyped one most resembles.

/// Longer words are not compared: nobody mistypes them, and the comparison is quadratic.
const WORD_CHARS_MAX: usize = 64;

/// The word of `among` that `word` most resembles, by edits of one character (exchanged neighbours count as
/// one); `None` when even the nearest differs too much to be a guess worth making. The first of equals wins.
/// Case does not count.
pub fn nearest<'a>(word: &str, among: impl Iterator<Item = &'a str>) -> Option<&'a str> {
    let word = word.to_lowercase();
    let chars = word.chars().count();
    if chars == 0 || chars > WORD_CHARS_MAX {
        return None;
    }
    let edits_max = edits_tolerated(chars);
    let mut best: Option<(usize, &str)> = None;
    for candidate in among {
        if candidate.chars().count().abs_diff(chars) > edits_max {
            continue;
        }
        let edits = strsim::osa_distance(&word, &candidate.to_lowercase());
        if edits <= edits_max && best.is_none_or(|(fewest, _)| edits < fewest) {
            best = Some((edits, candidate));
        }
    }
    best.map(|(_, candidate)| candidate)
}

/// A third of the word may differ, at most four characters; one or two letters resemble everything, so such
/// short words must agree but for case.
fn edits_tolerated(chars: usize) -> usize {
    (chars / 3).min(4)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn guess(word: &str) -> Option<&'static str> {
        nearest(word, ["set-header", "set-path", "add-header", "mode", "maxconn", "no"].into_iter())
    }

    #[test]
    fn finds_slips() {
        assert_eq!(guess("set-hedaer"), Some("set-header"));
        assert_eq!(guess("maxcon"), Some("maxconn"));
        assert_eq!(guess("Mode"), Some("mode"));
        assert_eq!(guess("modde"), Some("mode"));
    }

    #[test]
    fn does_not_guess_wildly() {
        assert_eq!(guess("xyzzy"), None);
        assert_eq!(guess("on"), None);
        assert_eq!(guess(""), None);
        assert_eq!(guess(&"set-header".repeat(10)), None);
    }

    #[test]
    fn the_nearer_wins_then_the_earlier() {
        assert_eq!(nearest("bind", ["bend", "bind"].into_iter()), Some("bind"));
        assert_eq!(nearest("bynd", ["bend", "bind"].into_iter()), Some("bend"));
    }
}
