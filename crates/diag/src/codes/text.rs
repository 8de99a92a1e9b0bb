//! `E00xx`: the text itself: quotes, escapes, variables, conditions (chapters 2.2 to 2.4 of the manual).

pages! {
    /// A quote is never closed.
    UNCLOSED_QUOTE = "E0001", "a quote is never closed" {
        says: "A single or double quote opens in this line and no second one closes it before the line ends.",
        why: "Quotes do not reach over lines. Close the quote, or write a backslash before it if the quote itself is meant.",
        wrong: "frontend web\n    bind :80\n    log-tag \"web\n",
        right: "frontend web\n    bind :80\n    log-tag \"web\"\n",
    }
    /// The brace of `${` is never closed.
    UNCLOSED_BRACE = "E0002", "the brace of a variable is never closed" {
        says: "Within double quotes, `${` begins the name of an environment variable, and its `}` is missing.",
        why: "Without the brace it cannot be told where the name ends. Close it; a dollar sign that means itself is written `\\$`.",
        wrong: "frontend web\n    bind \"${ADDRESS:80\"\n",
        right: "frontend web\n    bind \"${ADDRESS-127.0.0.1}:80\"\n",
    }
    /// What follows `$` cannot be a variable's name.
    VARIABLE_NAME = "E0003", "no variable has such a name" {
        says: "Within double quotes, `$` begins a variable, and what follows it cannot be the name of one.",
        why: "A name begins with a letter or an underscore. If the dollar sign itself is meant, as in a regular expression, write `\\$` or use single quotes.",
        wrong: "backend app\n    mode http\n    http-request replace-path \"^/a$/\" /b\n",
        right: "backend app\n    mode http\n    http-request replace-path '^/a$/' /b\n",
    }
    /// `\x` without two hexadecimal digits.
    HEXADECIMAL = "E0004", "`\\x` without two hexadecimal digits" {
        says: "`\\x` stands for the byte whose number follows, and no two hexadecimal digits do.",
        why: "The word would not be what it looks like. Give two digits, or double the backslash if it means itself.",
        wrong: "backend app\n    mode http\n    http-request replace-path ^/a\\xyz /b\n",
        right: "backend app\n    mode http\n    http-request replace-path ^/a\\\\xyz /b\n",
    }
    /// `[` in a variable that is not `[*]`.
    EXPANSION = "E0005", "only `[*]` may follow a variable's name" {
        says: "Within `${...}` a bracket follows the name, and it is not `[*]`.",
        why: "`${NAME[*]}` makes one word of each word in the variable; other indexes do not exist.",
        wrong: "frontend web\n    bind \"${PORTS[0]}\"\n",
        right: "frontend web\n    bind \"${PORTS-:80}\"\n",
    }
    /// Variables make a line too long.
    LINE_TOO_LONG = "E0006", "variables make a line too long" {
        says: "With its variables put in, the line is longer than 16 MiB.",
        why: "This is a bound against variables that hold something else than was thought. Look at what the variables of this line contain.",
        wrong: "",
        right: "",
    }
    /// A NUL byte in the file.
    NUL_BYTE = "E0007", "a NUL byte in a configuration" {
        says: "The file holds a byte of value 0, which no text does.",
        why: "It is probably not a configuration, or was saved as UTF-16. Save it as UTF-8 or plain ASCII.",
        wrong: "frontend web\n    bind :80\n    # \0\n",
        right: "frontend web\n    bind :80\n    #\n",
    }
    /// A word is empty.
    EMPTY_WORD = "E0008", "a word is empty" {
        says: "A word of this line has nothing in it: empty quotes, or a variable that is not set.",
        why: "HAProxy ends the line at an empty word, so what follows it would be lost without notice. Set the variable, give it a default as in `\"${NAME-default}\"`, or take the word out.",
        wrong: "frontend web\n    bind :80\n    log-tag \"\"\n",
        right: "frontend web\n    bind :80\n    log-tag web\n",
    }
    /// A backslash ends a line.
    LAST_BACKSLASH = "E0009", "a backslash ends a line" {
        says: "The last byte of this line is a backslash; it stands for itself.",
        why: "Other languages continue a line like this, this one does not: the next line is read on its own. Write all in one line, or take the backslash out.",
        wrong: "frontend web\n    bind :80\n    log-tag web\\\n",
        right: "frontend web\n    bind :80\n    log-tag web\n",
    }
    /// A carriage return stands within a line.
    CARRIAGE_RETURN = "E0010", "a carriage return within a line" {
        says: "A carriage return stands in the middle of a line; it ends the line, and what follows is not read.",
        why: "The file was probably edited on systems with other line ends and then joined. Put a line feed there.",
        wrong: "frontend web\n    bind :80\r    log-tag web\n",
        right: "frontend web\n    bind :80\n    log-tag web\n",
    }
    /// `\x00` cuts a word.
    NUL_ESCAPE = "E0011", "`\\x00` cuts a word" {
        says: "The rest of the word behind `\\x00` is dropped, as HAProxy does.",
        why: "No word can hold a byte of value 0. For a binary pattern use a converter or `hex`.",
        wrong: "frontend web\n    bind :80\n    log-tag we\\x00b\n",
        right: "frontend web\n    bind :80\n    log-tag web\n",
    }
    /// A variable that is not set.
    UNSET_VARIABLE = "E0012", "a variable is not set" {
        says: "An environment variable in this line is not set and has no default; nothing stands in its place.",
        why: "Told with `-dD` only, since it may be meant. A default makes the intention clear: `\"${NAME-}\"`.",
        wrong: "frontend web\n    bind :80\n    log-tag \"web$NO_SUCH_VARIABLE\"\n",
        right: "frontend web\n    bind :80\n    log-tag \"web${NO_SUCH_VARIABLE-}\"\n",
    }
    /// A line whose first word is empty.
    LINE_SKIPPED = "E0013", "a line that begins with an empty word is skipped" {
        says: "The first word of this line is empty, so the line is passed over.",
        why: "Told with `-dD` only: a variable at the beginning of a line is used to switch lines on and off.",
        wrong: "frontend web\n    bind :80\n    \"\" log-tag web\n",
        right: "frontend web\n    bind :80\n    log-tag web\n",
    }
    /// The last line has no line feed.
    NO_LAST_NEWLINE = "E0014", "the last line has no line feed" {
        says: "The file does not end in a line feed.",
        why: "It may have been cut off while it was copied, and HAProxy refuses it for that reason. Here the line is read; end it with a line feed so that other programs read it too.",
        wrong: "frontend web\n    bind :80",
        right: "frontend web\n    bind :80\n",
    }
    /// A condition that cannot be understood.
    CONDITION = "E0020", "a condition of `.if` cannot be understood" {
        says: "What follows `.if` or `.elif` is no condition: a predicate does not exist, an argument or a parenthesis is missing.",
        why: "Which lines count depends on it, so nothing can be assumed. `lockgate -cc 'CONDITION'` tries a condition on the command line.",
        wrong: ".if defned(PORT)\n.endif\nfrontend web\n    bind :80\n",
        right: ".if defined(PORT)\n.endif\nfrontend web\n    bind :80\n",
    }
    /// `.elif`, `.else` or `.endif` without `.if`, or after `.else`.
    BLOCK_ORDER = "E0021", "`.elif`, `.else` or `.endif` out of place" {
        says: "This directive continues or closes a block, and none is open that it could belong to.",
        why: "Blocks are `.if`, any number of `.elif`, perhaps one `.else`, then `.endif`. A line too many or too few shifts what the others mean.",
        wrong: "frontend web\n    bind :80\n.endif\n",
        right: "frontend web\n    bind :80\n",
    }
    /// `.if` without `.endif`.
    BLOCK_OPEN = "E0022", "`.if` without `.endif`" {
        says: "The file ends within the block that this `.if` opens.",
        why: "Close it in the same file: blocks do not reach from one file into the next.",
        wrong: "frontend web\n    bind :80\n.if defined(PORT)\n    log-tag web\n",
        right: "frontend web\n    bind :80\n.if defined(PORT)\n    log-tag web\n.endif\n",
    }
    /// A directive with more words than it takes.
    DIRECTIVE_WORDS = "E0023", "a directive has too many words" {
        says: "A line that begins with a dot has more words than its directive takes.",
        why: "A message of several words stands between quotes; `.else` and `.endif` stand alone.",
        wrong: ".notice two words\nfrontend web\n    bind :80\n",
        right: ".notice \"two words\"\nfrontend web\n    bind :80\n",
    }
    /// A directive that does not exist.
    DIRECTIVE_UNKNOWN = "E0024", "an unknown directive" {
        says: "A line begins with a dot and a word that is no directive.",
        why: "The directives are `.if`, `.elif`, `.else`, `.endif`, `.alert`, `.warning`, `.notice` and `.diag`.",
        wrong: ".notic \"x\"\nfrontend web\n    bind :80\n",
        right: ".notice \"x\"\nfrontend web\n    bind :80\n",
    }
    /// The text of `.alert`, `.warning`, `.notice` or `.diag`.
    DIRECTIVE_MESSAGE = "E0025", "a message of the configuration itself" {
        says: "The configuration tells this with `.alert`, `.warning`, `.notice` or `.diag`.",
        why: "Its author put it there; an `.alert` refuses the configuration. It usually stands in an `.if` block whose condition says what to change.",
        wrong: "frontend web\n    bind :80\n.warning \"not for production\"\n",
        right: "frontend web\n    bind :80\n",
    }
}
