//! Fetches that are known and not carried out yet: each is a row, so that its name, its arguments and its place are
//! checked, and every use of it is an error that says so.

use super::prelude::*;

/// Anything up to three arguments; what they are is for later.
const PARAMS: &[Param] = &[
    Param::optional("first", Kind::Str),
    Param::optional("second", Kind::Str),
    Param::optional("third", Kind::Str),
];

const fn fetch(name: &'static str, out: Type, brief: &'static str) -> Fetch {
    Fetch {
        params: PARAMS,
        check: Some(refuse),
        ..row(name, out, Needs::NOTHING, |_, _, _| Fetched::Absent, Doc::brief(brief))
    }
}

fn refuse(_: &mut Args, compile: &mut Compile<'_>) -> Result<(), Problem> {
    Err(compile.not_built("this sample fetch"))
}

pub(super) static ROWS: &[&[&Fetch]] = &[&[
    &fetch("bs.debug_str", Type::Str, "internal state of the connection to the server, for developers"),
    &fetch("bs.id", Type::Int, "number of the stream on its server connection"),
    &fetch("cpu_calls", Type::Int, "how often the stream's task ran"),
    &fetch("cpu_ns_avg", Type::Int, "nanoseconds of processor time per run of the stream's task"),
    &fetch("cpu_ns_tot", Type::Int, "nanoseconds of processor time of the stream's task"),
    &fetch("cpu_usage_grp", Type::Int, "share of time that the thread's group was busy, in percent"),
    &fetch("cpu_usage_proc", Type::Int, "share of time that the process was busy, in percent"),
    &fetch("cpu_usage_thr", Type::Int, "share of time that the thread was busy, in percent"),
    &fetch("fcgi.docroot", Type::Str, "the document root of the FastCGI application"),
    &fetch("fcgi.index", Type::Str, "the index script of the FastCGI application"),
    &fetch("fs.debug_str", Type::Str, "internal state of the client's connection, for developers"),
    &fetch("internal.htx.data", Type::Int, "bytes of data in the buffered message, for developers"),
    &fetch("internal.htx.free", Type::Int, "bytes free in the buffered message, for developers"),
    &fetch(
        "internal.htx.free_data",
        Type::Int,
        "bytes free for data in the buffered message, for developers",
    ),
    &fetch("internal.htx.has_eom", Type::Bool, "whether the message's end was received, for developers"),
    &fetch("internal.htx.nbblks", Type::Int, "blocks in the buffered message, for developers"),
    &fetch("internal.htx.size", Type::Int, "size of the message's buffer, for developers"),
    &fetch("internal.htx.used", Type::Int, "bytes used in the buffered message, for developers"),
    &fetch("internal.htx_blk.data", Type::Bin, "data of a block of the message, for developers"),
    &fetch("internal.htx_blk.hdrname", Type::Str, "name in a header block of the message, for developers"),
    &fetch("internal.htx_blk.hdrval", Type::Str, "value in a header block of the message, for developers"),
    &fetch("internal.htx_blk.size", Type::Int, "size of a block of the message, for developers"),
    &fetch("internal.htx_blk.start_line", Type::Str, "the start line's block of the message, for developers"),
    &fetch("internal.htx_blk.type", Type::Str, "type of a block of the message, for developers"),
    &fetch("lat_ns_avg", Type::Int, "nanoseconds that the stream's task waited to run, on average"),
    &fetch("lat_ns_tot", Type::Int, "nanoseconds that the stream's task waited to run"),
    &fetch("spoe.engine-id", Type::Str, "identifier of the SPOE agent's engine"),
    &fetch("term_events", Type::Str, "what happened while the stream ended, for developers"),
    &fetch("waiting_entity", Type::Str, "the rule or filter that waited when the stream was interrupted"),
]];

/// Whether `row` is one of those.
pub(super) fn has(row: &Fetch) -> bool {
    ROWS.concat().iter().any(|known| known.name == row.name)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::try_expr;

    #[test]
    fn each_is_refused_and_says_why() {
        for row in ROWS.concat() {
            let why = try_expr(row.name).expect_err("not built");
            assert!(why.contains("not built yet"), "{}: {why}", row.name);
        }
        assert!(try_expr("cpu_callz").unwrap_err().contains("unknown sample fetch"));
    }
}
