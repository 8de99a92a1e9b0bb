//! Words whose modern spelling says the same wherever they stand.

use super::Verdict;
use crate::layout::Line;

/// Keywords of proxies: the old words, and the new ones.
const PROXY: &[(&[&str], &str)] = &[
    (&["clitimeout"], "timeout client"),
    (&["contimeout"], "timeout connect"),
    (&["srvtimeout"], "timeout server"),
    (&["timeout", "clitimeout"], "timeout client"),
    (&["timeout", "contimeout"], "timeout connect"),
    (&["timeout", "srvtimeout"], "timeout server"),
    (&["redispatch"], "option redispatch"),
    (&["redisp"], "option redispatch"),
    (&["option", "redisp"], "option redispatch"),
    (&["option", "forceclose"], "option httpclose"),
    (&["option", "tcpsplice"], "option splice-auto"),
    (&["option", "independant-streams"], "option independent-streams"),
    (&["option", "accept-invalid-http-request"], "option accept-unsafe-violations-in-http-request"),
    (&["option", "accept-invalid-http-response"], "option accept-unsafe-violations-in-http-response"),
    (&["hash-type", "avalanche"], "hash-type map-based sdbm avalanche"),
];

/// Keywords of proxies without effect here and unknown to HAProxy: nothing has to stand in their place.
const PROXY_DROPPED: &[&[&str]] = &[&["bind-process"], &["option", "http-use-htx"]];

/// Keywords of `global` of that kind.
const GLOBAL_DROPPED: &[&[&str]] =
    &[&["nbproc"], &["stats", "bind-process"], &["tune.chksize"], &["nosepoll"]];

/// Keywords of proxies that nothing replaces exactly, and what to do by hand.
const PROXY_KEPT: &[(&[&str], &str)] = &[
    (
        &["appsession"],
        "a `stick-table` with `stick store-response` and `stick match` on the cookie comes near",
    ),
    (&["dispatch"], "a `server` line with the same address comes near"),
    (&["transparent"], "`server NAME 0.0.0.0` comes near"),
    (&["option", "transparent"], "`server NAME 0.0.0.0` comes near"),
    (&["option", "http_proxy"], "`http-request do-resolve` with `http-request set-dst` comes near"),
    (&["option", "http-tunnel"], "take it out if no client needs a tunnel behind its first request"),
    (
        &["monitor-net"],
        "`http-request return status 200 if { src NETWORK }` comes near; its answer has header lines",
    ),
    (&["mode", "health"], "`http-request return status 200` in `mode http` comes near"),
    (&["grace"], "`grace` in the global section is what is left of it"),
];

/// Keywords of `global` that are said elsewhere today.
const GLOBAL_KEPT: &[(&[&str], &str)] = &[
    (&["master-worker"], "the argument `-W` says it today"),
    (&["debug"], "the argument `-d` says it today"),
];

/// A line of a proxy or a `defaults` section.
pub(super) fn proxy(line: &Line<'_>) -> Verdict {
    let first = usize::from(matches!(line.word(0), b"no" | b"default"));
    if let Some((old, new)) = PROXY.iter().find(|(old, _)| begins(line, first, old)) {
        return Verdict::replace(first..first + old.len(), *new);
    }
    if PROXY_DROPPED.iter().any(|old| begins(line, first, old)) {
        return Verdict::Drop;
    }
    if let Some((_, why)) = PROXY_KEPT.iter().find(|(old, _)| begins(line, first, old)) {
        return Verdict::keep(*why);
    }
    match line.word(0) {
        b"bind" => bind(line),
        b"log-format" | b"log-format-sd" | b"error-log-format" => format(line),
        _ => Verdict::Leave,
    }
}

/// A line of a `global` section.
pub(super) fn global(line: &Line<'_>) -> Verdict {
    if GLOBAL_DROPPED.iter().any(|old| begins(line, 0, old)) {
        return Verdict::Drop;
    }
    let kept = GLOBAL_KEPT.iter().find(|(old, _)| begins(line, 0, old));
    kept.map_or(Verdict::Leave, |(_, why)| Verdict::keep(*why))
}

/// `listen NAME ADDRESS` gets a `bind` line.
pub(super) fn header(line: &Line<'_>) -> Verdict {
    let words = line.ranges().len();
    if words == 3 && matches!(line.word(0), b"listen" | b"frontend") && line.word(2) != b"from" {
        let bind = [b"bind ", line.word(2)].concat();
        return Verdict::Replace { words: 1..3, by: line.word(1).to_vec(), more: vec![bind] };
    }
    if line.word(0) == b"program" {
        return Verdict::keep("another supervisor keeps programs running today");
    }
    Verdict::Leave
}

/// `process NUMBERS` of a `bind` line has no effect, and HAProxy refuses it today.
fn bind(line: &Line<'_>) -> Verdict {
    match line.words().position(|word| word == b"process") {
        Some(at) if at > 1 && at + 2 <= line.ranges().len() => {
            Verdict::replace(at - 1..at + 2, line.word(at - 1))
        }
        _ => Verdict::Leave,
    }
}

/// A format of several words, whose blanks were not protected, is put between quotes with the blanks that it has.
fn format(line: &Line<'_>) -> Verdict {
    let ranges = line.ranges();
    if ranges.len() < 3 {
        return Verdict::Leave;
    }
    let raw = &line.text[ranges[1].start..ranges[ranges.len() - 1].end];
    if raw.contains(&b'"') || raw.contains(&b'\'') {
        return Verdict::keep(
            "this format's blanks and quotes are not protected: write it between quotes by hand",
        );
    }
    // Escapes within the words mean the same between double quotes; a dollar sign would not.
    let mut quoted = vec![b'"'];
    for byte in raw {
        if *byte == b'$' {
            quoted.push(b'\\');
        }
        quoted.push(*byte);
    }
    quoted.push(b'"');
    Verdict::replace(1..ranges.len(), quoted)
}

/// Whether the words from `first` on are these.
fn begins(line: &Line<'_>, first: usize, words: &[&str]) -> bool {
    words.iter().enumerate().all(|(at, word)| line.word(first + at) == word.as_bytes())
}
