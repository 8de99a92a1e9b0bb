//! Which threads serve a socket (chapter 5.1). Here every worker has a socket of its own on each address, unless
//! `shards 1` gives them one in common; other numbers of sockets would change nothing.

use rules::Words;
use sample::Problem;
use sample::compile::problem;
use syntax::Word;

use super::rows::usage;
use crate::context::BindParse;
use crate::model::{ThreadSet, Threads};
use crate::row::BindRow;
use crate::sections::value;

pub(super) static ROWS: &[BindRow] = &[
    BindRow::new(
        "thread",
        thread,
        "the threads that accept",
        usage!["bind :8080 thread 1-4", "bind :8080 thread 1/all"],
    ),
    BindRow::new(
        "shards",
        shards,
        "how many sockets share the address",
        usage!["bind :8080 shards by-thread", "bind :8080 shards 1"],
    ),
    BindRow::new("nice", nice, "how its sessions are scheduled", usage!["bind :8080 nice -5"]).internal(),
    BindRow::new(
        "process",
        process,
        "the processes that accepted, when there were several",
        usage!["bind :8080 process 1"],
    )
    .internal()
    .removed("thread"),
];

fn thread(words: &mut Words<'_>, parse: &mut BindParse<'_, '_>) -> Result<(), Problem> {
    let set = thread_sets(words.need("a set of threads, as in `1-4`")?)?;
    // Several of these words on a line add up.
    parse.bind.threads.get_or_insert(ThreadSet(Vec::new())).0.extend(set.0);
    Ok(())
}

/// `all`, `odd`, `even`, `N`, `N-M`, each perhaps behind a group and `/`; several with commas between them.
/// There is one group of threads, so that the number of a group says nothing.
pub(crate) fn thread_sets(word: &Word) -> Result<ThreadSet, Problem> {
    let parts = word.as_str().unwrap_or("?").split(',').map(threads);
    if let Some(set) = parts.collect::<Option<Vec<Threads>>>() {
        return Ok(ThreadSet(set));
    }
    let text = format!("`{}` is no set of threads: `all`, `odd`, `even`, `1`, `1-4` are", word.lossy());
    Err(problem(word.span, text))
}

fn threads(set: &str) -> Option<Threads> {
    let set = set.split_once('/').map_or(set, |(_, set)| set);
    match set {
        "all" | "" => Some(Threads::All),
        "odd" => Some(Threads::Odd),
        "even" => Some(Threads::Even),
        _ => {
            let is_number = |text: &str| text.bytes().all(|byte| byte.is_ascii_digit());
            let (first, last) = set.split_once('-').unwrap_or((set, set));
            // Without an end the range goes on; a number too large for any thread is one as well.
            let number = |text: &str, open: u32| {
                if text.is_empty() { open } else { text.parse().unwrap_or(u32::MAX) }
            };
            (is_number(first) && is_number(last))
                .then(|| Threads::Range(number(first, 1), number(last, u32::MAX)))
        }
    }
}

fn shards(words: &mut Words<'_>, parse: &mut BindParse<'_, '_>) -> Result<(), Problem> {
    let word = words.need("a number, `by-thread` or `by-group`")?;
    if matches!(word.text.as_slice(), b"by-thread" | b"by-group") {
        return Ok(());
    }
    let shards: u32 = value::number(word, "the number of shards", 1..=1_000, parse.line.cx.diags)?;
    parse.bind.is_single = shards == 1;
    Ok(())
}

fn nice(words: &mut Words<'_>, parse: &mut BindParse<'_, '_>) -> Result<(), Problem> {
    let word = words.need("a number")?;
    value::number::<i32>(word, "the niceness", -1_024..=1_024, parse.line.cx.diags).map(drop)
}

fn process(words: &mut Words<'_>, _: &mut BindParse<'_, '_>) -> Result<(), Problem> {
    // There is one process.
    thread_sets(words.need("a set of processes")?).map(drop)
}

#[cfg(test)]
mod tests {
    use crate::sections::testing::good;

    /// Which of six threads accept.
    fn accepting(words: &str) -> Vec<u32> {
        let text = format!("frontend f\n  timeout client 1s\n  bind :80 {words}\n");
        let threads = good(&text).proxies.remove(0).binds.remove(0).threads.expect("there are some");
        (1..=6).filter(|thread| threads.has(*thread)).collect()
    }

    #[test]
    fn sets_of_threads() {
        assert_eq!(accepting("thread 2"), [2]);
        assert_eq!(accepting("thread 1/2-4"), [2, 3, 4]);
        assert_eq!(accepting("thread odd"), [1, 3, 5]);
        assert_eq!(accepting("thread 1/even,5"), [2, 4, 5, 6]);
        assert_eq!(accepting("thread 1 thread 6"), [1, 6]);
        assert_eq!(accepting("thread 5-"), [5, 6]);
        assert_eq!(accepting("thread 1/all"), [1, 2, 3, 4, 5, 6]);
        assert_eq!(accepting("thread 99999999999"), [0; 0]);
    }
}
