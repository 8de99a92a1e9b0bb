//! Where patterns are kept: lists of files are shared by all who name them, those of a line have a number, and the
//! runtime API changes both.

use std::sync::Arc;

use diag::codes;
use sample::patterns::unreadable;
use sample::{Compile, Problem};
use state::pattern::file::lines;
use state::pattern::{Columns, PatternRef, UsedBy};

/// The patterns of the file at `path`, read when it is named for the first time.
///
/// A path may begin with `file@` (a file, as without it), `opt@` (a file that need not exist) or `virt@` (no file: the
/// list begins empty).
pub(crate) fn of_file(
    path: &[u8],
    columns: Columns,
    by: UsedBy,
    compile: &Compile<'_>,
) -> Result<Arc<PatternRef>, Problem> {
    let path = path.strip_prefix(b"file@").unwrap_or(path);
    let name = base::Lossy(path).to_string();
    let content = content(path, compile)?;
    let (reference, is_new) = match compile.names.patterns() {
        None => (PatternRef::new(&name, columns), true),
        Some(refs) => refs
            .borrow_mut()
            .declare(&name, columns, by, &compile.names.place(compile.span))
            .map_err(|error| compile.problem_of(codes::ACL_CRITERION, error.to_string()))?,
    };
    if let Some(content) = content.filter(|_| is_new) {
        reference.load(lines(&content, columns));
    }
    Ok(reference)
}

/// What a list begins with; files are read once for all who name them.
fn content(path: &[u8], compile: &Compile<'_>) -> Result<Option<Arc<[u8]>>, Problem> {
    if path.starts_with(b"virt@") {
        return Ok(None);
    }
    match path.strip_prefix(b"opt@") {
        Some(path) => Ok(compile.names.file(path).ok()),
        None => compile
            .names
            .file(path)
            .map(Some)
            .map_err(|error| compile.problem_of(codes::FILE_UNREADABLE, unreadable(path, &error))),
    }
}

/// A list for the patterns that stand on a line; `wanted` is its number.
pub(super) fn of_line(
    keyword: &str,
    wanted: Option<u32>,
    compile: &Compile<'_>,
) -> Result<Arc<PatternRef>, Problem> {
    let Some(refs) = compile.names.patterns() else { return Ok(PatternRef::new("", Columns::One)) };
    let display = format!("acl '{keyword}' {}", compile.names.place(compile.span));
    refs.borrow_mut()
        .declare_inline(&display, wanted)
        .map_err(|error| compile.problem_of(codes::ACL_CRITERION, error.to_string()))
}
