//! `E02xx`: expressions, ACLs, conditions, actions, log formats and their order.

pages! {
    /// A sample fetch that does not exist.
    UNKNOWN_FETCH = "E0201", "an unknown sample fetch" {
        says: "The expression begins with a word that is no sample fetch.",
        why: "An expression is a fetch, which takes something from the connection, the request or the response, then converters behind commas. Without the fetch the rule would never have a value.",
        wrong: "frontend web\n    mode http\n    bind :80\n    http-request deny if { pth_beg /admin }\n",
        right: "frontend web\n    mode http\n    bind :80\n    http-request deny if { path_beg /admin }\n",
    }
    /// A converter that does not exist.
    UNKNOWN_CONVERTER = "E0202", "an unknown converter" {
        says: "A word behind a comma of an expression is no converter.",
        why: "Converters change a value on its way: `path,lower,map(/etc/a.map)`. A comma that belongs to an argument stands between quotes.",
        wrong: "frontend web\n    mode http\n    bind :80\n    http-request set-header X-Path %[path,uper]\n",
        right: "frontend web\n    mode http\n    bind :80\n    http-request set-header X-Path %[path,upper]\n",
    }
    /// An expression that is not well formed.
    EXPRESSION = "E0203", "an expression is not well formed" {
        says: "A parenthesis or quote of an expression is not closed, or something follows its end.",
        why: "An expression is one word without blanks unless they are quoted: `name(argument,argument),converter(argument)`.",
        wrong: "frontend web\n    mode http\n    bind :80\n    http-request set-header X-Host %[req.hdr(host]\n",
        right: "frontend web\n    mode http\n    bind :80\n    http-request set-header X-Host %[req.hdr(host)]\n",
    }
    /// An argument of a fetch or converter that does not fit.
    EXPRESSION_ARGUMENT = "E0204", "an argument of a fetch or converter" {
        says: "An argument in parentheses is missing, too many, or not of the kind that this fetch or converter takes.",
        why: "The message names the argument. The reference lists them with their types for every fetch and converter.",
        wrong: "frontend web\n    mode http\n    bind :80\n    http-request set-header X-Host %[req.hdr(host,first)]\n",
        right: "frontend web\n    mode http\n    bind :80\n    http-request set-header X-Host %[req.hdr(host,1)]\n",
    }
    /// A converter whose input the value before it cannot become.
    TYPE = "E0205", "a value that a converter cannot take" {
        says: "The converter takes a value of one type, and what stands before it gives one that cannot become that.",
        why: "The rule would never have a value. Put a converter between them that makes the right type, or use another one.",
        wrong: "frontend web\n    mode http\n    bind :80\n    http-request set-header X-N %[always_true,ipmask(24)]\n",
        right: "frontend web\n    mode http\n    bind :80\n    http-request set-header X-N %[src,ipmask(24)]\n",
    }
    /// A fetch in a place where what it looks at does not exist.
    NO_VALUE_HERE = "E0206", "a fetch that has no value in this place" {
        says: "The fetch looks at something that does not exist where this rule runs, such as the response in a request rule.",
        why: "It could never have a value. Move the rule to where the thing exists, or keep the value of an earlier moment in a variable (`set-var`).",
        wrong: "frontend web\n    mode http\n    bind :80\n    http-request set-header X-Server %[res.hdr(server)]\n",
        right: "frontend web\n    mode http\n    bind :80\n    http-response set-header X-Server %[res.hdr(server)]\n",
    }
    /// A log variable that does not exist.
    LOG_VARIABLE = "E0207", "an unknown log variable" {
        says: "A percent sign in a log format is followed by no known variable.",
        why: "A percent sign that means itself is written `%%`; an expression stands in `%[...]`.",
        wrong: "frontend web\n    mode http\n    bind :80\n    log-format %ci_%nonsense\n",
        right: "frontend web\n    mode http\n    bind :80\n    log-format %ci_%cp\n",
    }
    /// A log format that is not well formed.
    LOG_FORMAT = "E0208", "a log format is not well formed" {
        says: "A bracket, brace or parenthesis of a log format is not closed, or its flags are wrong.",
        why: "The form is `%{flags}variable` or `%{flags}[expression]`. Blanks in the format are protected by quotes or backslashes.",
        wrong: "frontend web\n    mode http\n    bind :80\n    http-request set-header X-Path %[path\n",
        right: "frontend web\n    mode http\n    bind :80\n    http-request set-header X-Path %[path]\n",
    }
    /// An action that no ruleset has.
    UNKNOWN_ACTION = "E0212", "an unknown action" {
        says: "The word behind `http-request`, `http-response` or another ruleset is no action.",
        why: "A rule is an action, its arguments, and perhaps a condition. An unknown one cannot be left out: what it was to protect would be open.",
        wrong: "frontend web\n    mode http\n    bind :80\n    http-request set-hedaer X-Id 1\n",
        right: "frontend web\n    mode http\n    bind :80\n    http-request set-header X-Id 1\n",
    }
    /// An action of other rulesets than this one.
    ACTION_ELSEWHERE = "E0213", "an action of other rules" {
        says: "The action exists, and not in this ruleset.",
        why: "Some actions need the request, others the response, others the bare connection. The note lists the rulesets that have it.",
        wrong: "frontend web\n    mode http\n    bind :80\n    http-response set-path /x\n",
        right: "frontend web\n    mode http\n    bind :80\n    http-request set-path /x\n",
    }
    /// An argument of an action that does not fit.
    ACTION_ARGUMENT = "E0214", "an argument of an action" {
        says: "An argument of the action is not what it must be.",
        why: "The message names what is expected there. Words that the action does not know may be the beginning of a condition whose `if` is missing.",
        wrong: "frontend web\n    mode http\n    bind :80\n    http-response set-status 99\n",
        right: "frontend web\n    mode http\n    bind :80\n    http-response set-status 299\n",
    }
    /// A rule's condition that is not well formed.
    RULE_CONDITION = "E0215", "a rule's condition is not well formed" {
        says: "A condition does not begin with `if` or `unless`, is empty, or a brace of it is not closed.",
        why: "Tests that follow each other must all hold, `or` or `||` separates alternatives, `!` negates; an anonymous test stands in braces with blanks around them: `{ path /x }`.",
        wrong: "frontend web\n    mode http\n    bind :80\n    http-request deny if { path /x\n",
        right: "frontend web\n    mode http\n    bind :80\n    http-request deny if { path /x }\n",
    }
    /// A condition names an ACL that is not defined above it.
    UNKNOWN_ACL = "E0216", "no such ACL" {
        says: "The condition names an ACL that this section does not define above the line.",
        why: "ACLs belong to their section and must stand before their use. Repeat the `acl` line in each section that needs it, or use a variable.",
        wrong: "frontend web\n    mode http\n    bind :80\n    http-request deny if is_bad\n",
        right: "frontend web\n    mode http\n    bind :80\n    acl is_bad path_beg /bad\n    http-request deny if is_bad\n",
    }
    /// A name that an ACL cannot have.
    ACL_NAME = "E0217", "a name that an ACL cannot have" {
        says: "The name holds a character that names of ACLs cannot hold, or is `or`.",
        why: "A condition could not name it. Letters, digits, `-`, `_`, `.` and `:` are allowed.",
        wrong: "frontend web\n    mode http\n    bind :80\n    acl bad/path path_beg /bad\n",
        right: "frontend web\n    mode http\n    bind :80\n    acl bad-path path_beg /bad\n    http-request deny if bad-path\n",
    }
    /// An ACL that cannot be compiled: its criterion, its flags, the way to match, its patterns.
    ACL_CRITERION = "E0218", "an ACL that cannot be tested" {
        says: "The values of the expression cannot be matched in this way, a flag is wrong, a pattern is not of the right kind, or the ACL uses itself.",
        why: "`-m METHOD` chooses how values are compared: `str`, `beg`, `end`, `sub`, `reg`, `ip`, `int`, `found` and others. Not every type of value can be compared in every way.",
        wrong: "frontend web\n    mode http\n    bind :80\n    http-request deny if { src 10.0.0.0/99 }\n",
        right: "frontend web\n    mode http\n    bind :80\n    http-request deny if { src 10.0.0.0/8 }\n",
    }
    /// An ACL that is probably not what was meant.
    ACL_SUSPICIOUS = "E0219", "an ACL that is probably not what was meant" {
        says: "The ACL is well formed, but has no patterns to match, takes an argument for a pattern, or is used where it can never match.",
        why: "Without patterns nothing ever matches: `-m found` asks whether a value exists, `-m bool` for a true one. Arguments follow their fetch without a blank.",
        wrong: "frontend web\n    mode http\n    bind :80\n    http-request deny if { req.hdr(x-bad) }\n",
        right: "frontend web\n    mode http\n    bind :80\n    http-request deny if { req.hdr(x-bad) -m found }\n",
    }
    /// A regular expression that is not well formed.
    REGEX = "E0220", "a regular expression is not well formed" {
        says: "The regular expression cannot be read: a parenthesis or bracket is not closed, a range runs backwards, nothing stands before a repetition.",
        why: "The message says what and where. In the configuration a backslash that belongs to the expression is doubled or stands in single quotes.",
        wrong: "frontend web\n    mode http\n    bind :80\n    http-request deny if { path_reg [unclosed }\n",
        right: "frontend web\n    mode http\n    bind :80\n    http-request deny if { path_reg [closed] }\n",
    }
    /// A regular expression that needs look-around or back-references.
    REGEX_CONSTRUCT = "E0221", "a regular expression that looks around or back" {
        says: "The expression uses look-ahead, look-behind, a back-reference or another construct that needs backtracking.",
        why: "Expressions are matched here in time that grows with the input only, whatever a client sends; these constructs cannot be. A negative look-ahead is mostly better said by a second test: `if { path_beg /a } !{ path_beg /a/b }`.",
        wrong: "frontend web\n    mode http\n    bind :80\n    http-request deny if { path_reg ^/a/(?!b) }\n",
        right: "frontend web\n    mode http\n    bind :80\n    http-request deny if { path_reg ^/a/ } !{ path_reg ^/a/b }\n",
    }
    /// A blank that is not protected ends an argument of `reqirep` and its like.
    STRAY_BLANK = "E0222", "a blank that is not protected" {
        says: "There are more words than the rule takes: a blank that belongs to an expression or a header line ends it.",
        why: "A blank separates words unless a backslash stands before it. The note shows the whole line as it was probably meant.",
        wrong: "backend app\n    mode http\n    rspirep ^Set-Cookie: (appsession.*)   Set-Cookie: \\1; HttpOnly\n",
        right: "backend app\n    mode http\n    rspirep ^Set-Cookie:\\ (appsession.*)   Set-Cookie:\\ \\1;\\ HttpOnly\n",
    }
    /// A bracket expression that a blank tears apart; it is put together again.
    TORN_BRACKET = "E0223", "a blank within brackets of a regular expression" {
        says: "A blank stands within `[...]` without a backslash, which splits the expression; here it is put together again.",
        why: "Every HAProxy refuses the line. The note shows it with the blank protected.",
        wrong: "backend app\n    mode http\n    reqirep ^([^ :]*)\\ /a/(.*) \\1\\ /\\2\n",
        right: "backend app\n    mode http\n    reqirep ^([^\\ :]*)\\ /a/(.*) \\1\\ /\\2\n",
    }
    /// A log format with blanks that are not protected; the rest of the line is taken.
    LOG_FORMAT_BLANKS = "E0224", "a log format whose blanks are not protected" {
        says: "More words follow than the keyword takes; here the rest of the line is taken as the format.",
        why: "Every HAProxy refuses the line. The note shows the format between quotes.",
        wrong: "frontend web\n    mode http\n    bind :80\n    log-format %ci:%cp [%t] %ft\n",
        right: "frontend web\n    mode http\n    bind :80\n    log-format \"%ci:%cp [%t] %ft\"\n",
    }
    /// A rule below one that runs later.
    RULE_ORDER = "E0225", "rules in another order than they run" {
        says: "This rule stands below rules that run later.",
        why: "Rules run by kind: `tcp-request connection`, `session`, `content`, then `http-request`, then `redirect`, `use_backend`, `use-server`; within a kind in the order of the file. Write them in that order, so that the file reads as it runs.",
        wrong: "frontend web\n    mode http\n    bind :80\n    default_backend b\n    use_backend b if { path_beg /b }\n    http-request deny if { path_beg /admin }\nbackend b\n    mode http\n",
        right: "frontend web\n    mode http\n    bind :80\n    default_backend b\n    http-request deny if { path_beg /admin }\n    use_backend b if { path_beg /b }\nbackend b\n    mode http\n",
    }
    /// An expression, action or header that does something else than it seems, or nothing.
    RULE_SUSPICIOUS = "E0227", "a rule that does something else than it seems" {
        says: "The rule is accepted, and a part of it has no effect or another one than one would think.",
        why: "HAProxy accepts it too. The message says what is left out or done instead; mend the rule so that it says what it does.",
        wrong: "frontend web\n    mode http\n    bind :80\n    http-request return status 200 content-type text/plain string a hdr Content-Length 5\n",
        right: "frontend web\n    mode http\n    bind :80\n    http-request return status 200 content-type text/plain string a\n",
    }
}
