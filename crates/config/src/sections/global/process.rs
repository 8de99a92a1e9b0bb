//! The process: its user, its directory, how it runs in the background, how it stops (chapter 3.1).

use base::units::TimeUnit;
use diag::{Diagnostic, codes};
use rules::Words;
use sample::Problem;
use sample::compile::{problem, problem_of};

use super::accounts;
use super::kinds::{self, is_repeated};
use super::rows::usage;
use super::setcap;
use crate::context::GlobalParse;
use crate::model::CloseSpread;
use crate::row::{GlobalRow, today};
use crate::sections::bind::threads::thread_sets;
use crate::sections::value;

pub(super) static ROWS: &[GlobalRow] = &[
    GlobalRow::new("daemon", daemon, "runs in the background").examples(usage!["daemon"]),
    GlobalRow::new("master-worker", master_worker, "a master process watches the workers")
        .examples(usage!["master-worker no-exit-on-failure"]),
    GlobalRow::new("mworker-max-reloads", max_reloads, "how many reloads an old worker may outlive")
        .examples(usage!["mworker-max-reloads 5"]),
    GlobalRow::new("user", user, "the user to run as").examples(usage!["user root"]),
    GlobalRow::new("uid", uid, "the user to run as, by number").examples(usage!["uid 1000"]),
    GlobalRow::new("group", group, "the group to run as").examples(usage!["group root"]),
    GlobalRow::new("gid", gid, "the group to run as, by number").examples(usage!["gid 1000"]),
    GlobalRow::new("chroot", chroot, "the directory to be shut in after the start")
        .examples(usage!["chroot /var/empty"]),
    GlobalRow::new("pidfile", pidfile, "where process ids are written")
        .examples(usage!["pidfile /run/lb.pid"]),
    GlobalRow::new("setcap", setcap::setcap, "capabilities that are kept when the user changes")
        .examples(usage!["setcap cap_net_raw", "setcap cap_net_bind_service,cap_net_admin"]),
    GlobalRow::new("quiet", quiet, "says nothing at the start").examples(usage!["quiet"]),
    GlobalRow::new("zero-warning", zero_warning, "does not start when there are warnings")
        .examples(usage!["zero-warning"]),
    GlobalRow::new("debug", kinds::none, "showed all exchanges in the foreground").internal().removed("-d"),
    GlobalRow::new("hard-stop-after", hard_stop_after, "how long a soft stop may take")
        .examples(usage!["hard-stop-after 30s"]),
    GlobalRow::new("grace", grace, "how long connections are accepted after a soft stop")
        .examples(usage!["grace 5s"]),
    GlobalRow::new(
        "close-spread-time",
        close_spread_time,
        "over how long connections that would stay are closed at a soft stop",
    )
    .examples(usage!["close-spread-time 10s", "close-spread-time infinite"]),
    GlobalRow::new("nbthread", nbthread, "how many threads work").examples(usage!["nbthread 4"]),
    GlobalRow::new("nbproc", nbproc, "how many processes worked").internal().removed("nbthread"),
    GlobalRow::new("thread-groups", kinds::number, "how many groups threads form").internal(),
    GlobalRow::new("thread-group", kinds::some, "the threads of one group").internal(),
    GlobalRow::new("thread-hard-limit", kinds::number, "the most threads that are made unasked").internal(),
    GlobalRow::new("max-threads-per-group", kinds::number, "the most threads of one group").internal(),
    GlobalRow::new("cpu-map", cpu_map, "which processors threads run on")
        .internal()
        .examples(usage!["cpu-map 1 0", "cpu-map auto:1/1-4 0-3"]),
    GlobalRow::new("cpu-policy", kinds::some, "how processors are chosen").internal(),
    GlobalRow::new("cpu-affinity", kinds::some, "how threads are bound to processors").internal(),
    GlobalRow::new("cpu-set", kinds::some, "which processors may be used").internal(),
    GlobalRow::new("numa-cpu-mapping", kinds::alone, "one node's processors only").internal().negatable(),
    GlobalRow::new("node", node, "the name of this machine in statistics").examples(usage!["node lb1"]),
    GlobalRow::new("description", description, "a text for statistics")
        .examples(usage!["description the first one"]),
    GlobalRow::new("localpeer", kinds::word, "the own name among peers").noted(),
    GlobalRow::new("setenv", kinds::any, "sets an environment variable for the lines that follow")
        .examples(usage!["setenv SITE a"]),
    GlobalRow::new("presetenv", kinds::any, "sets one that is not set yet")
        .examples(usage!["presetenv SITE a"]),
    GlobalRow::new("unsetenv", kinds::any, "removes environment variables").examples(usage!["unsetenv SITE"]),
    GlobalRow::new("resetenv", kinds::any, "removes all but these").examples(usage!["resetenv PATH"]),
];

fn daemon(words: &mut Words<'_>, parse: &mut GlobalParse<'_>) -> Result<(), Problem> {
    parse.global.is_daemon = true;
    words.done()
}

/// Alone it was replaced by an argument; the word behind it is still HAProxy's.
fn master_worker(words: &mut Words<'_>, parse: &mut GlobalParse<'_>) -> Result<(), Problem> {
    parse.global.is_master_worker = true;
    if words.eat("no-exit-on-failure") {
        parse.global.outlives_failure = true;
        return words.done();
    }
    words.done()?;
    let text = "`master-worker` is not known to HAProxy any more; it works here";
    let warning = Diagnostic::warning(text).at(parse.span).code(codes::REMOVED_KEYWORD).note(today("-W"));
    parse.cx.diags.push(warning);
    Ok(())
}

fn max_reloads(words: &mut Words<'_>, parse: &mut GlobalParse<'_>) -> Result<(), Problem> {
    let word = words.need("the number of reloads")?;
    let range = 0..=i64::from(i32::MAX);
    parse.global.mworker_max_reloads =
        Some(value::number(word, "the number of reloads", range, parse.cx.diags)?);
    words.done()
}

fn user(words: &mut Words<'_>, parse: &mut GlobalParse<'_>) -> Result<(), Problem> {
    let word = words.need("the user's name")?;
    let id = accounts::user(word, parse.cx.names)?;
    words.done()?;
    if !is_repeated(parse.global.uid.is_some(), parse) {
        parse.global.uid = Some(id);
    }
    Ok(())
}

fn uid(words: &mut Words<'_>, parse: &mut GlobalParse<'_>) -> Result<(), Problem> {
    let id = accounts::number(words.need("the user's number")?)?;
    words.done()?;
    if !is_repeated(parse.global.uid.is_some(), parse) {
        parse.global.uid = Some(id);
    }
    Ok(())
}

fn group(words: &mut Words<'_>, parse: &mut GlobalParse<'_>) -> Result<(), Problem> {
    let word = words.need("the group's name")?;
    let id = accounts::group(word, parse.cx.names)?;
    words.done()?;
    if !is_repeated(parse.global.gid.is_some(), parse) {
        parse.global.gid = Some(id);
    }
    Ok(())
}

fn gid(words: &mut Words<'_>, parse: &mut GlobalParse<'_>) -> Result<(), Problem> {
    let id = accounts::number(words.need("the group's number")?)?;
    words.done()?;
    if !is_repeated(parse.global.gid.is_some(), parse) {
        parse.global.gid = Some(id);
    }
    Ok(())
}

fn chroot(words: &mut Words<'_>, parse: &mut GlobalParse<'_>) -> Result<(), Problem> {
    let path = value::bytes(words.need("the directory")?);
    words.done()?;
    if !is_repeated(parse.global.chroot.is_some(), parse) {
        parse.global.chroot = Some(path);
    }
    Ok(())
}

fn pidfile(words: &mut Words<'_>, parse: &mut GlobalParse<'_>) -> Result<(), Problem> {
    let path = value::bytes(words.need("the file")?);
    words.done()?;
    if !is_repeated(parse.global.pidfile.is_some(), parse) {
        parse.global.pidfile = Some(path);
    }
    Ok(())
}

fn quiet(words: &mut Words<'_>, parse: &mut GlobalParse<'_>) -> Result<(), Problem> {
    parse.global.is_quiet = true;
    kinds::alone(words, parse)
}

fn zero_warning(words: &mut Words<'_>, parse: &mut GlobalParse<'_>) -> Result<(), Problem> {
    parse.global.is_zero_warning = true;
    kinds::alone(words, parse)
}

fn hard_stop_after(words: &mut Words<'_>, parse: &mut GlobalParse<'_>) -> Result<(), Problem> {
    let time = value::duration(words.need("a duration")?, TimeUnit::Millis)?;
    parse.global.hard_stop_after = (!time.is_zero()).then_some(time);
    words.done()
}

fn grace(words: &mut Words<'_>, parse: &mut GlobalParse<'_>) -> Result<(), Problem> {
    parse.global.grace = Some(value::duration(words.need("a duration")?, TimeUnit::Millis)?);
    words.done()
}

fn close_spread_time(words: &mut Words<'_>, parse: &mut GlobalParse<'_>) -> Result<(), Problem> {
    let word = words.need("a duration or `infinite`")?;
    words.done()?;
    parse.global.close_spread = if word.text == b"infinite" {
        CloseSpread::Never
    } else {
        CloseSpread::Over(value::duration(word, TimeUnit::Millis)?)
    };
    Ok(())
}

/// The most threads that HAProxy can be built for.
const THREADS_MAX: i64 = 4_096;

fn nbthread(words: &mut Words<'_>, parse: &mut GlobalParse<'_>) -> Result<(), Problem> {
    let word = words.need("the number of threads")?;
    value::whole(word)?;
    parse.global.nbthread =
        Some(value::number(word, "the number of threads", 1..=THREADS_MAX, parse.cx.diags)?);
    words.done()
}

/// Several processes become as many threads, which share what the processes could not.
fn nbproc(words: &mut Words<'_>, parse: &mut GlobalParse<'_>) -> Result<(), Problem> {
    let word = words.need("the number of processes")?;
    let processes: u32 = value::number(word, "the number of processes", 1..=64, parse.cx.diags)?;
    if processes > 1 && parse.global.nbthread.is_none() {
        parse.global.nbthread = Some(processes);
    }
    words.done()
}

fn cpu_map(words: &mut Words<'_>, _: &mut GlobalParse<'_>) -> Result<(), Problem> {
    let word = words.need("a set of threads")?;
    let text = word.text.strip_prefix(b"auto:".as_slice()).unwrap_or(&word.text);
    thread_sets(&syntax::Word { text: text.to_vec(), ..word.clone() })?;
    let cpus = words.take_rest();
    if cpus.is_empty() {
        return Err(problem_of(codes::MISSING_ARGUMENT, words.span(), "the processors are missing"));
    }
    if let Some(bad) = cpus.iter().find(|cpu| !cpu.text.iter().all(is_cpu_byte)) {
        return Err(problem(bad.span, format!("`{}` is no set of processors", bad.lossy())));
    }
    Ok(())
}

fn is_cpu_byte(byte: &u8) -> bool {
    byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b',' | b'/' | b'.')
}

fn node(words: &mut Words<'_>, parse: &mut GlobalParse<'_>) -> Result<(), Problem> {
    let word = words.need("the name")?;
    words.done()?;
    let is_allowed = |byte: &u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'.');
    if !word.text.iter().all(is_allowed) {
        return Err(problem(word.span, "a node's name has letters, digits, `-`, `_` and `.` only"));
    }
    parse.global.node = Some(value::text(word));
    Ok(())
}

fn description(words: &mut Words<'_>, parse: &mut GlobalParse<'_>) -> Result<(), Problem> {
    words.clone().need("the text")?;
    let texts: Vec<&[u8]> = words.take_rest().iter().map(|word| word.text.as_slice()).collect();
    parse.global.description = Some(String::from_utf8_lossy(&texts.join(&b' ')).into());
    Ok(())
}
