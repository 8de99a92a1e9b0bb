//! Conditions: Apache's expressions ("Expressions in Apache HTTP Server") as far as they compare variables with texts,
//! numbers, addresses and regular expressions, and the patterns of RewriteCond.

use super::condition::Condition;
use super::pattern::{check, glob, word};
use super::value::{Phase, Sample, function, variable};

/// A condition and when it can be looked at.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Test {
    /// What has to hold.
    pub(super) condition: Condition,
    /// When that can be told.
    pub(super) phase: Phase,
}

/// Nested deeper than this an expression is not read.
const DEPTH_MAX: usize = 32;

/// Reads an expression.
///
/// # Errors
/// What has no counterpart.
pub(super) fn parse(text: &str) -> Result<Test, String> {
    let mut parser = Parser { rest: text.trim(), depth: 0 };
    let test =
        parser.or().map_err(|reason| format!("the expression '{text}' is not carried over: {reason}"))?;
    if parser.rest.is_empty() {
        Ok(test)
    } else {
        Err(format!("the expression '{text}' is not carried over"))
    }
}

struct Parser<'t> {
    rest: &'t str,
    depth: usize,
}

enum Operand {
    Sample(Sample),
    Text(String),
}

impl Parser<'_> {
    fn eat(&mut self, token: &str) -> bool {
        let Some(rest) = self.rest.strip_prefix(token) else { return false };
        self.rest = rest.trim_start();
        true
    }

    fn or(&mut self) -> Result<Test, String> {
        self.depth += 1;
        if self.depth > DEPTH_MAX {
            return Err("it is nested too deeply".to_owned());
        }
        let mut left = self.and()?;
        while self.eat("||") {
            let right = self.and()?;
            left = Test {
                condition: left.condition.or(&right.condition),
                phase: together(left.phase, right.phase)?,
            };
        }
        self.depth -= 1;
        Ok(left)
    }

    fn and(&mut self) -> Result<Test, String> {
        let mut left = self.not()?;
        while self.eat("&&") {
            let right = self.not()?;
            let condition = left.condition.and(&right.condition).ok_or("it is too large")?;
            left = Test { condition, phase: together(left.phase, right.phase)? };
        }
        Ok(left)
    }

    fn not(&mut self) -> Result<Test, String> {
        let mut is_negated = false;
        while self.eat("!") {
            is_negated = !is_negated;
        }
        let test = if self.eat("(") {
            let inner = self.or()?;
            if !self.eat(")") {
                return Err("a parenthesis is not closed".to_owned());
            }
            inner
        } else {
            self.comparison()?
        };
        if !is_negated {
            return Ok(test);
        }
        Ok(Test { condition: test.condition.not().ok_or("it is too large")?, phase: test.phase })
    }

    fn comparison(&mut self) -> Result<Test, String> {
        if self.eat("true") {
            return Ok(Test { condition: Condition::always(), phase: Phase::Any });
        }
        if self.eat("false") {
            return Ok(Test { condition: Condition::never(), phase: Phase::Any });
        }
        if self.eat("-R ") {
            let network = self.text()?;
            return Ok(term(format!("{{ src {} }}", word(&network)), Phase::Any));
        }
        let is_empty = self.eat("-z ");
        if is_empty || self.eat("-n ") || self.eat("-T ") {
            let sample = self.sample()?;
            let negation = if is_empty { "!" } else { "" };
            return Ok(term(format!("{negation}{{ {} -m len gt 0 }}", sample.text), sample.phase));
        }
        let left = self.operand()?;
        let operator = self.operator()?;
        self.compare(left, operator)
    }

    fn operator(&mut self) -> Result<&'static str, String> {
        const OPERATORS: &[&str] = &[
            "=~",
            "!~",
            "==",
            "!=",
            "=",
            "-eq",
            "-ne",
            "-lt",
            "-le",
            "-gt",
            "-ge",
            "-ipmatch",
            "-strmatch",
            "-strcmatch",
            "-fnmatch",
            "in",
        ];
        let found = OPERATORS.iter().find(|operator| self.rest.starts_with(**operator));
        let operator = found.ok_or("an operator is expected")?;
        self.eat(operator);
        Ok(operator)
    }

    fn compare(&mut self, left: Operand, operator: &str) -> Result<Test, String> {
        let Operand::Sample(sample) = left else {
            return Err("a variable is expected on the left".to_owned());
        };
        let (text, phase) = (&sample.text, sample.phase);
        let built = match operator {
            "=~" | "!~" => {
                let (regex, flags) = self.regex()?;
                let negation = if operator == "!~" { "!" } else { "" };
                format!("{negation}{}", matches_regex(&sample, &regex, flags.contains('i'))?)
            }
            "in" => {
                let mut list = Vec::new();
                if !self.eat("{") {
                    return Err("a list in braces is expected".to_owned());
                }
                while !self.eat("}") {
                    list.push(word(&self.text()?));
                    self.eat(",");
                }
                format!("{{ {text} -m str {} }}", list.join(" "))
            }
            "-ipmatch" => format!("{{ {text} -m ip {} }}", word(&self.text()?)),
            "-strmatch" | "-fnmatch" => format!("{{ {text} -m reg {} }}", word(&glob(&self.text()?, "."))),
            "-strcmatch" => format!("{{ {text} -i -m reg {} }}", word(&glob(&self.text()?, "."))),
            "==" | "=" => equals(&sample, &self.text()?, ""),
            "!=" => equals(&sample, &self.text()?, "!"),
            "-ne" => format!("!{{ {text} -m int {} }}", number(&self.text()?)?),
            _ => format!("{{ {text} -m int {} {} }}", &operator[1..], number(&self.text()?)?),
        };
        Ok(term(built, phase))
    }

    fn sample(&mut self) -> Result<Sample, String> {
        match self.operand()? {
            Operand::Sample(sample) => Ok(sample),
            Operand::Text(text) => Err(format!("'{text}' is no variable")),
        }
    }

    fn text(&mut self) -> Result<String, String> {
        match self.operand()? {
            Operand::Text(text) => Ok(text),
            Operand::Sample(_) => Err("variables are not compared with each other".to_owned()),
        }
    }

    /// `%{NAME}`, `func('argument')`, `'text'`, `text`.
    fn operand(&mut self) -> Result<Operand, String> {
        let Some(first) = self.rest.chars().next() else { return Err("something is missing".to_owned()) };
        if first == '"' || first == '\'' {
            let (text, behind) = self.rest[1..].split_once(first).ok_or("a quote is not closed")?;
            self.rest = behind.trim_start();
            return named(text).map_or_else(|| plain(text), |found| found.map(Operand::Sample));
        }
        if first == '%' {
            let end = self.rest.find('}').ok_or("a brace is not closed")?;
            let (text, behind) = self.rest.split_at(end + 1);
            self.rest = behind.trim_start();
            return named(text).ok_or("a variable is expected")?.map(Operand::Sample);
        }
        let end = self.rest.find(|char: char| !(char.is_ascii_alphanumeric() || "_./:-".contains(char)));
        let (text, behind) = self.rest.split_at(end.unwrap_or(self.rest.len()));
        self.rest = behind.trim_start();
        if text.is_empty() {
            return Err("something is missing".to_owned());
        }
        if !self.eat("(") {
            return plain(text);
        }
        let argument = self.text()?;
        if !self.eat(")") {
            return Err("a parenthesis is not closed".to_owned());
        }
        function(text, &argument).map(Operand::Sample).ok_or_else(|| format!("'{text}' has no counterpart"))
    }

    /// `/regex/flags`, `m#regex#flags`.
    fn regex(&mut self) -> Result<(String, String), String> {
        let body = self.rest.strip_prefix('m').unwrap_or(self.rest);
        let mark =
            body.chars().next().filter(char::is_ascii_punctuation).ok_or("an expression is expected")?;
        let (regex, behind) = body[1..].split_once(mark).ok_or("an expression is not closed")?;
        let end = behind.find(|char: char| !char.is_ascii_alphabetic()).unwrap_or(behind.len());
        self.rest = behind[end..].trim_start();
        Ok((regex.to_owned(), behind[..end].to_owned()))
    }
}

fn plain(text: &str) -> Result<Operand, String> {
    if text.contains("%{") {
        return Err(format!("'{text}' is put together from several parts"));
    }
    Ok(Operand::Text(text.to_owned()))
}

/// The variable that a text of the form `%{NAME}` is.
fn named(text: &str) -> Option<Result<Sample, String>> {
    let name = text.strip_prefix("%{")?.strip_suffix('}').filter(|name| !name.contains("%{"))?;
    Some(variable(name).ok_or_else(|| format!("'%{{{name}}}' has no counterpart")))
}

fn together(a: Phase, b: Phase) -> Result<Phase, String> {
    a.and(b).ok_or_else(|| "request and response are mixed".to_owned())
}

fn term(text: String, phase: Phase) -> Test {
    let condition = match text.strip_prefix("!!") {
        Some(text) => Condition::term(text),
        None => Condition::term(text),
    };
    Test { condition, phase }
}

fn number(text: &str) -> Result<i64, String> {
    text.parse().map_err(|_| format!("'{text}' is no number"))
}

/// Whether TLS is used has a fetch of its own.
const IS_TLS: &str = "ssl_fc,iif(on,off)";

fn equals(sample: &Sample, text: &str, negation: &str) -> String {
    match (sample.text.as_str(), text.to_lowercase().as_str()) {
        (IS_TLS, "on") => format!("{negation}{{ ssl_fc }}"),
        (IS_TLS, "off") if negation.is_empty() => "!{ ssl_fc }".to_owned(),
        (IS_TLS, "off") => "{ ssl_fc }".to_owned(),
        (_, "") if negation.is_empty() => format!("!{{ {} -m len gt 0 }}", sample.text),
        (_, "") => format!("{{ {} -m len gt 0 }}", sample.text),
        (of, _) => format!("{negation}{{ {of} -m str {} }}", word(text)),
    }
}

fn matches_regex(sample: &Sample, regex: &str, is_nocase: bool) -> Result<String, String> {
    check(regex)?;
    if sample.text == IS_TLS && !is_nocase {
        match regex {
            "on" | "^on" | "on$" | "^on$" => return Ok("{ ssl_fc }".to_owned()),
            "off" | "^off" | "off$" | "^off$" => return Ok("!{ ssl_fc }".to_owned()),
            _ => {}
        }
    }
    let flag = if is_nocase { " -i" } else { "" };
    // What is not there is empty to Apache.
    if regex == "^$" {
        return Ok(format!("!{{ {} -m len gt 0 }}", sample.text));
    }
    Ok(format!("{{ {}{flag} -m reg {} }}", sample.text, word(regex)))
}

/// One RewriteCond: a test string with one variable, and its pattern.
///
/// # Errors
/// What has no counterpart.
pub(super) fn rewrite_condition(test: &str, pattern: &str, is_nocase: bool) -> Result<Test, String> {
    if test.eq_ignore_ascii_case("expr") {
        return parse(pattern);
    }
    let sample = named(test).ok_or_else(|| format!("'{test}' is not one variable"))??;
    let (negation, pattern) = match pattern.strip_prefix('!') {
        Some(pattern) => ("!", pattern),
        None => ("", pattern),
    };
    let built = if let Some(text) = pattern.strip_prefix('=') {
        let text = if text == "\"\"" { "" } else { text };
        let found = equals(&sample, text, "");
        if is_nocase { found.replacen(" -m str", " -i -m str", 1) } else { found }
    } else if let Some((operator, operand)) = integer_test(pattern) {
        format!("{{ {} -m int {operator} {} }}", sample.text, number(operand)?)
    } else if matches!(pattern.get(..2), Some("-d" | "-f" | "-F" | "-l" | "-s" | "-U" | "-x" | "-h" | "-L"))
        && pattern.len() == 2
    {
        return Err(format!("the test '{pattern}' looks at files"));
    } else if pattern.starts_with(['<', '>']) {
        return Err("texts are not put in order".to_owned());
    } else {
        matches_regex(&sample, pattern, is_nocase)?
    };
    Ok(term(format!("{negation}{built}"), sample.phase))
}

/// `-eq5`, `-gt 5`.
fn integer_test(pattern: &str) -> Option<(&str, &str)> {
    let (operator, operand) = (pattern.get(1..3)?, pattern.get(3..)?.trim());
    let is_one = pattern.starts_with('-') && ["eq", "ne", "lt", "le", "gt", "ge"].contains(&operator);
    (is_one && operator != "ne" && !operand.is_empty()).then_some((operator, operand))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn told(text: &str) -> String {
        parse(text).unwrap().condition.suffix()
    }

    #[test]
    fn comparisons() {
        assert_eq!(told("%{REQUEST_URI} =~ m#^/a/#i"), " if { var(txn.path) -i -m reg ^/a/ }");
        assert_eq!(told("%{HTTPS} == 'on'"), " if { ssl_fc }");
        assert_eq!(told("%{HTTPS} != 'on'"), " if !{ ssl_fc }");
        assert_eq!(told("req('X-A') == 'b c'"), " if { req.fhdr(x-a) -m str 'b c' }");
        assert_eq!(told("-R '10.0.0.0/8'"), " if { src 10.0.0.0/8 }");
        assert_eq!(told("%{REQUEST_STATUS} -ge 400"), " if { status -m int ge 400 }");
        assert_eq!(told("%{REQUEST_METHOD} in { 'GET', 'HEAD' }"), " if { var(txn.method) -m str GET HEAD }");
    }

    #[test]
    fn connections_and_negations() {
        let text = "-z %{QUERY_STRING} && !(%{HTTP_HOST} == 'a' || %{HTTP_HOST} == 'b')";
        assert_eq!(
            told(text),
            " if !{ query -m len gt 0 } !{ req.hdr(host) -m str a } !{ req.hdr(host) -m str b }"
        );
    }

    #[test]
    fn what_has_no_counterpart_is_refused() {
        for text in ["", "%{TIME_HOUR} -gt 5", "file('/x') == 'y'", "%{HTTP_HOST} == %{SERVER_NAME}", "(true"]
        {
            assert!(parse(text).is_err(), "{text}");
        }
        assert!(parse(&"(".repeat(10_000)).is_err());
        assert!(parse("req('A') == 'x' && resp('B') == 'y'").is_err());
    }

    #[test]
    fn rewrite_conditions() {
        let told = |test, pattern| rewrite_condition(test, pattern, false).unwrap().condition.suffix();
        assert_eq!(told("%{HTTPS}", "off"), " if !{ ssl_fc }");
        assert_eq!(told("%{HTTPS}", "!=on"), " if !{ ssl_fc }");
        assert_eq!(told("%{HTTP_HOST}", "!^www\\."), " if !{ req.hdr(host) -m reg '^www\\.' }");
        assert_eq!(told("%{HTTP:X-A}", "=b"), " if { req.fhdr(x-a) -m str b }");
        assert_eq!(told("%{QUERY_STRING}", "^$"), " if !{ query -m len gt 0 }");
        assert!(rewrite_condition("%{REQUEST_FILENAME}", "!-f", false).is_err());
    }
}
