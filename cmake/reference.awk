# What Doxygen reads instead of a header: no user writes the version's namespace; what is defaulted or deleted says so
# itself; and a member whose name means the same everywhere is described here, once, unless it says more of itself.
BEGIN {
    meaning["using executor_type ="] = "Where everything runs."
    meaning["executor_type get_executor()"] = "Where everything runs."
    meaning["using other ="] = "The type on that executor."
    meaning["using clock ="] = "The clock that times are of."
    meaning["using duration ="] = "Nanoseconds."
    meaning["using time_point ="] = "A time of the steady clock."
    meaning["using (endpoint|endpoint_type|value_type|const_iterator|result_type) ="] = "As its name says in Asio or std."
    meaning["struct rebind_executor"] = "The same on another executor."
    meaning[" (size|begin|end|data|empty|min|max)\\(\\)"] = "As in standard containers and generators."
    meaning["operator\\[\\]\\("] = "By index, which is not checked."
    meaning["std::size_t token_count\\(\\)"] = "Tokens in the batch."
    meaning["(explicit operator bool|operator==|operator<=>|operator\\+=|operator=)\\("] = "As usual."
    meaning["^    (constexpr )?[a-z_]+\\((const [a-z_]+& other|[a-z_]+&& other)\\)"] = "Copies, or takes over."
    meaning[" (attach|has_endpoint|set_endpoint|submit|drain|close_generation|now|arm|listen|rest|notify_fork|close|release)\\("] \
        = "What raida::transport_to asks for."
}
{
    gsub(/namespace raida::inline v1/, "namespace raida")
    if (/= (default|delete);$/) $0 = ""
    if (/^    (    using )?[^ \/}]/ && !/\/\/\// && before !~ /^ *\/\/\//)
        for (name in meaning)
            if (match($0, name)) {
                sub(/^ */, "&/** " meaning[name] " */ ")
                break
            }
    print
    if (!/^ *(template <.*>|requires.*)$/) before = $0 # of a template its comment stands before that
}
