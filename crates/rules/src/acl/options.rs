//! The options between a criterion and its patterns: `-i -f -m -M -n -u --` (configuration manual, chapter 7.1).

use sample::Problem;
use state::pattern::{Case, Method};
use syntax::Word;

use super::criterion::at;

/// Whether names of hosts may stand for addresses.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum HostNames {
    /// They are resolved when the configuration is read.
    Resolved,
    /// They are refused (`-n`).
    Refused,
}

/// A `-f` option.
#[derive(Debug)]
pub(super) struct File<'w> {
    /// The path.
    pub(super) path: &'w Word,
    /// As the `-i` options before it say.
    pub(super) case: Case,
    /// Whether each line is a key and a value (`-M`).
    pub(super) is_map: bool,
}

/// The options of a criterion, and the patterns behind them.
#[derive(Debug)]
pub(super) struct Options<'w> {
    /// `-m`.
    pub(super) matching: Option<Method>,
    /// `-i`, for patterns on the line.
    pub(super) case: Case,
    /// Unless `-n` is among them.
    pub(super) names: HostNames,
    /// `-f`, in order.
    pub(super) files: Vec<File<'w>>,
    /// `-u`.
    pub(super) unique_id: Option<u32>,
    /// The words behind the options.
    pub(super) patterns: &'w [Word],
}

impl<'w> Options<'w> {
    /// Reads options up to `--` or the first word that does not begin with `-`.
    pub(super) fn parse(words: &'w [Word]) -> Result<Options<'w>, Problem> {
        let mut options = Options {
            matching: None,
            case: Case::Sensitive,
            names: HostNames::Resolved,
            files: Vec::new(),
            unique_id: None,
            patterns: &[],
        };
        let (mut rest, mut is_map) = (words, false);
        while let Some((word, behind)) = rest.split_first() {
            if !word.text.starts_with(b"-") {
                break;
            }
            rest = behind;
            match word.text.as_slice() {
                b"--" => break,
                b"-i" => options.case = Case::Insensitive,
                b"-n" => options.names = HostNames::Refused,
                b"-M" => is_map = true,
                b"-u" => options.unique_id = Some(unique_id(take(word, &mut rest)?)?),
                b"-f" => {
                    let path = take(word, &mut rest)?;
                    options.files.push(File { path, case: options.case, is_map });
                }
                b"-m" => options.method(word, take(word, &mut rest)?)?,
                _ => {
                    let text = format!("`{}` is no option of an ACL", word.lossy());
                    let mut problem = at(word, text);
                    problem.notes.push("`--` stands before patterns that begin with `-`".into());
                    return Err(problem);
                }
            }
        }
        options.patterns = rest;
        Ok(options)
    }

    fn method(&mut self, option: &Word, name: &'w Word) -> Result<(), Problem> {
        if !self.files.is_empty() {
            return Err(at(option, "`-m` stands before the files and patterns that it is for"));
        }
        if self.matching.is_some() {
            return Err(at(option, "`-m` stands only once; of several, the last one is what counted once"));
        }
        let Some(matching) = name.as_str().and_then(Method::parse) else {
            let mut problem = at(name, format!("unknown matching method `{}`", name.lossy()));
            problem.suggestion = name
                .as_str()
                .and_then(|n| diag::nearest(n, Method::ALL.iter().map(|m| m.name())))
                .map(str::to_owned);
            return Err(problem);
        };
        self.matching = Some(matching);
        Ok(())
    }
}

fn take<'w>(option: &Word, rest: &mut &'w [Word]) -> Result<&'w Word, Problem> {
    let Some((word, behind)) = rest.split_first() else {
        return Err(at(option, format!("`{}` needs an argument", option.lossy())));
    };
    *rest = behind;
    Ok(word)
}

fn unique_id(word: &Word) -> Result<u32, Problem> {
    let id = word.as_str().and_then(|text| text.parse().ok());
    id.ok_or_else(|| at(word, format!("`{}` is no number for `-u`", word.lossy())))
}
