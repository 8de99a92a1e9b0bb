//! Configurations beside what `-c` says of them.

use std::fs;
use std::path::{Path, PathBuf};

use crate::run;

/// Checks every `.cfg` of a directory with `-c` and compares what it writes to standard error with the `.stderr`
/// beside it (none means nothing is written). `expected` is the exit status. With `UPDATE_SNAPSHOTS=1` the files
/// are rewritten instead. The number of files.
///
/// # Panics
/// If one differs, or has another exit status; all that differ are named.
pub fn check_configs(directory: &Path, expected: i32) -> usize {
    let mut files: Vec<PathBuf> = fs::read_dir(directory)
        .unwrap_or_else(|error| panic!("{}: {error}", directory.display()))
        .map(|entry| entry.expect("the directory can be read").path())
        .filter(|path| path.extension().is_some_and(|extension| extension == "cfg"))
        .collect();
    files.sort();
    let wrong: Vec<String> = files.iter().filter_map(|file| check(file, directory, expected).err()).collect();
    assert!(wrong.is_empty(), "{} of {} differ:\n{}", wrong.len(), files.len(), wrong.join("\n"));
    files.len()
}

fn check(file: &Path, directory: &Path, expected: i32) -> Result<(), String> {
    let name = file.file_name().and_then(|name| name.to_str()).expect("a name in UTF-8");
    let finished = run(&["-c", "-f", name], directory);
    let got = without_pid(&finished.stderr);
    if finished.status.code() != Some(expected) {
        return Err(format!("{name}: {} instead of {expected}:\n{got}", finished.status));
    }
    let snapshot = file.with_extension("stderr");
    if std::env::var_os("UPDATE_SNAPSHOTS").is_some() {
        return write(&snapshot, &got).map_err(|error| format!("{}: {error}", snapshot.display()));
    }
    let wanted = fs::read_to_string(&snapshot).unwrap_or_default();
    if got == wanted { Ok(()) } else { Err(format!("{name}:\n--- wanted\n{wanted}--- got\n{got}")) }
}

fn write(snapshot: &Path, text: &str) -> std::io::Result<()> {
    if text.is_empty() && !snapshot.exists() {
        return Ok(());
    }
    if text.is_empty() { fs::remove_file(snapshot) } else { fs::write(snapshot, text) }
}

/// `[ALERT]    (123) : ` differs from run to run only in its number.
fn without_pid(text: &str) -> String {
    let mut out = String::new();
    for line in text.lines() {
        let bracketed = line.find('(').zip(line.find(") : "));
        match bracketed {
            Some((open, close)) if line.starts_with('[') && open < close => {
                out.push_str(&line[..=open]);
                out.push_str("PID");
                out.push_str(&line[close..]);
            }
            _ => out.push_str(line),
        }
        out.push('\n');
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_process_id_is_masked() {
        assert_eq!(
            without_pid("[ALERT]    (12) : config : x\nplain (3) : y\n"),
            "[ALERT]    (PID) : config : x\nplain (3) : y\n"
        );
    }
}
