//! `lockgate fmt`: indents and aligns configurations. No word changes, no comment, no blank line.

use std::ffi::{OsStr, OsString};
use std::io::{self, Read, Write};
use std::os::unix::ffi::OsStrExt;
use std::path::Path;
use std::process::ExitCode;

use super::{Row, Usage, tell, wrong_usage};

const USAGE: &str = "usage: lockgate fmt FILE... [--check|--stdout]\n\n\
    Lays out the files in place; `-` is standard input, laid out to standard output.\n\
    --check   changes nothing; tells of files that would change, and exits with 1 if there are any\n\
    --stdout  writes to standard output instead\n";

/// The sub-command.
pub(super) const ROW: Row = Row {
    name: "fmt",
    usage: &[Usage {
        synopsis: "fmt FILE... [--check|--stdout]",
        help: "indents and aligns a configuration without changing a word",
    }],
    run,
};

/// Where the result goes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Target {
    InPlace,
    Check,
    Stdout,
}

fn run(words: Vec<OsString>) -> ExitCode {
    let mut target = Target::InPlace;
    let mut files = Vec::new();
    let mut only_files = false;
    for word in words {
        match word.as_bytes() {
            _ if only_files => files.push(word),
            b"--" => only_files = true,
            b"-h" | b"--help" => {
                crate::report::print(USAGE);
                return ExitCode::SUCCESS;
            }
            b"--check" => target = Target::Check,
            b"--stdout" => target = Target::Stdout,
            option if option.len() > 1 && option.starts_with(b"-") => {
                return wrong_usage(&format!("unknown option `{}`", word.to_string_lossy()), USAGE);
            }
            _ => files.push(word),
        }
    }
    if files.is_empty() {
        return wrong_usage("no file given", USAGE);
    }
    let findings = files.iter().filter(|file| lay_out(file, target)).count();
    ExitCode::from(u8::from(findings > 0))
}

/// Lays one file out; says whether there is a finding or an error.
fn lay_out(file: &OsStr, target: Target) -> bool {
    let shown = file.to_string_lossy();
    let old = match read(file) {
        Ok(old) => old,
        Err(error) => {
            tell(&format!("{shown}: {error}\n"));
            return true;
        }
    };
    let new = rewrite::format(&old);
    let written = match target {
        Target::Check if new == old => return false,
        Target::Check => {
            let line = first_difference(&old, &new);
            tell(&format!("{shown}:{line}: would be laid out otherwise\n"));
            return true;
        }
        Target::InPlace if file != "-" && new == old => return false,
        Target::InPlace if file != "-" => replace(Path::new(file), &new),
        Target::InPlace | Target::Stdout => io::stdout().write_all(&new),
    };
    written.map_err(|error| tell(&format!("{shown}: {error}\n"))).is_err()
}

/// A file, or standard input for `-`.
pub(super) fn read(file: &OsStr) -> io::Result<Vec<u8>> {
    if file == "-" {
        let mut text = Vec::new();
        io::stdin().read_to_end(&mut text)?;
        return Ok(text);
    }
    std::fs::read(file)
}

/// Writes a file anew without a moment in which it is cut off: beside it first, with its rights, then in its place. A
/// symbolic link stays one.
pub(super) fn replace(path: &Path, text: &[u8]) -> io::Result<()> {
    let path = std::fs::canonicalize(path)?;
    let mut name = path.file_name().unwrap_or_default().to_owned();
    name.push(format!(".{}.new", std::process::id()));
    let beside = path.with_file_name(name);
    let written = std::fs::metadata(&path).and_then(|was| {
        let mut file = std::fs::OpenOptions::new().write(true).create_new(true).open(&beside)?;
        file.write_all(text)?;
        file.set_permissions(was.permissions())?;
        file.sync_all()?;
        std::fs::rename(&beside, &path)
    });
    if written.is_err() {
        // What was written so far is of no use; the error that is told says why.
        let _ = std::fs::remove_file(&beside);
    }
    written
}

/// The first line, from 1, in which the texts differ.
fn first_difference(old: &[u8], new: &[u8]) -> usize {
    let pairs = old.split(|byte| *byte == b'\n').zip(new.split(|byte| *byte == b'\n'));
    1 + pairs.take_while(|(old, new)| old == new).count()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_is_replaced_with_its_rights_and_through_links() {
        use std::os::unix::fs::PermissionsExt;
        let directory = tempfile::tempdir().unwrap();
        let (path, link) = (directory.path().join("a.cfg"), directory.path().join("link.cfg"));
        std::fs::write(&path, "global\ndaemon\n").unwrap();
        std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o640)).unwrap();
        std::os::unix::fs::symlink(&path, &link).unwrap();
        assert!(lay_out(link.as_os_str(), Target::Check));
        assert!(!lay_out(link.as_os_str(), Target::InPlace));
        assert_eq!(std::fs::read_to_string(&path).unwrap(), "global\n    daemon\n");
        assert_eq!(std::fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o640);
        assert!(link.symlink_metadata().unwrap().is_symlink());
        assert_eq!(std::fs::read_dir(directory.path()).unwrap().count(), 2);
        assert!(!lay_out(link.as_os_str(), Target::Check));
        assert!(lay_out(OsStr::new("/nonexistent.cfg"), Target::Check));
    }

    #[test]
    fn the_first_line_that_differs() {
        assert_eq!(first_difference(b"a\nb\n", b"a\n    b\n"), 2);
        assert_eq!(first_difference(b"a", b"a\n"), 2);
    }
}
