namespace ModalAI.Tools;

internal sealed partial class FileTransaction
{
    /// <summary>
    /// $1 is the largest content to send, $2 the most to send of all files, then come the files as NEED:PATH. Says of each: its status, the number of bytes that follow, its identity, its stamp, its style.
    /// Then reads what to do: <c>commit ACTIONS BYTES</c>, a line for each action, and the new contents one after the other. All of them are there before the
    /// first file is touched. Two files without a name hold old and new contents: whatever ends the script, they are gone.
    /// </summary>
    private const string Script =
        """
        tell() { printf '%s %s - - -\n%s' "$status" "${#detail}" "$detail"; }
        take() { [ "$1" -eq 0 ] || dd bs="$1" count=1; }
        temporary() { mktemp 2>/dev/null || mktemp "$d/.modalai.XXXXXX" 2>/dev/null || mktemp ./.modalai.XXXXXX 2>&1; }
        style() {
          style=-
          [ "$(head -c 3 <"$f")" != "$mark" ] || style=mark$style
          lines=$(($(wc -l <"$f")))
          [ "$lines" -eq 0 ] || [ "$lines" -ne "$(grep -c "$return\$" <"$f")" ] || style=${style}crlf
        }
        first_line() { error=${error%%"$nl"*}; }

        mark=$(printf '\357\273\277')
        return=$(printf '\r')
        limit=$1 left=$2
        shift 2
        place "${1#*:}"
        if ! t=$(temporary); then
          status=failed detail=$t
          tell
          exit
        fi
        exec 6>"$t" 7<"$t" 8<"$t" 9<"$t"
        rm -f "$t"

        count=0
        for request; do
          need=${request%%:*}
          place "${request#*:}"
          status= detail= n=0 kept= id=- s=- style=-
          if [ "$need" = entry ] && [ -L "$f" ]; then
            status=link
          else
            look
          fi
          if [ "$status" = file ] && [ "$need" != entry ] && [ ! -w "$f" ]; then
            status=denied
          elif [ "$status" = file ] && [ "$need" = content ] && [ "$(size)" -gt "$limit" ]; then
            status=large detail=$(size)
          elif [ "$status" = file ] && [ "$need" = content ] && [ "$(size)" -gt "$left" ]; then
            status=full
          elif [ "$status" = file ]; then
            id=$(identity) s=$(stamp)
            if [ "$need" != entry ] && [ "$(size)" -le "$limit" ]; then
              head -c "$((limit + 1))" <"$f" >&6
              n=$(($(cat <&7 | wc -c))) kept=1
              [ "$need" = content ] || style
            fi
          fi
          eval "p_$count=\$f k_$count=\$status n_$count=\$n s_$count=\$s b_$count=\$kept a_$count= m_$count="
          count=$((count + 1))
          if [ "$status" != file ] || [ "$s" = "" ]; then
            tell
          elif [ "$need" = content ]; then
            echo "content $n $id $s -"
            left=$((left - n))
            take "$n" <&8 2>/dev/null
          else
            echo "file 0 $id $s $style"
            take "$n" <&8 >/dev/null 2>&1
          fi
        done
        exec 6>&- 7<&- 8<&-

        read -r verb actions total || exit 0
        [ "$verb" = commit ] || exit 0
        plan=
        while [ "$actions" -gt 0 ]; do
          read -r line || exit 0
          plan="$plan$line$nl"
          actions=$((actions - 1))
        done
        t=$(temporary) || { echo "failed 0 $t"; exit; }
        exec 3>"$t" 4<"$t" 5<"$t"
        rm -f "$t"
        error=$( { cat >&3; } 2>&1)
        exec 3>&-
        if [ "$(($(wc -c <&5)))" -ne "$total" ]; then
          first_line
          echo "failed 0 the content did not arrive completely: $error"
          exit
        fi

        open() {
          eval "f=\$p_$1 kind=\$k_$1 n=\$n_$1 s=\$s_$1 kept=\$b_$1"
          d=${f%/*}
          d=${d:-/}
          moved=$d/.modalai.$$.$1
        }
        is_as_seen() {
          case $kind in
            file) [ -f "$f" ] && [ "$(stamp)" = "$s" ] ;;
            link) [ -L "$f" ] ;;
            *) [ ! -e "$f" ] ;;
          esac
        }
        make_directory() {
          [ ! -d "$d" ] || return 0
          top= m=$d
          while [ ! -e "$m" ] && [ ! -L "$m" ]; do
            top=$m
            m=${m%/*}
            m=${m:-/}
          done
          eval "m_$1=\$top"
          error=$(mkdir -p "$d" 2>&1)
        }
        put() {
          if [ "$kind" = file ]; then
            eval "a_$1=over"
          else
            make_directory "$1" || return
            eval "a_$1=new"
            if [ "$3" != - ]; then
              eval "source=\$p_$3"
              error=$(cp -p "$source" "$f" 2>&1) || return
            fi
          fi
          error=$( { take "$2" <&4 >"$f"; } 2>&1) || return
          error="only a part could be written"
          [ "$(size)" -eq "$2" ]
        }
        remove() {
          error=$(mv -f "$f" "$moved" 2>&1) || return
          eval "a_$1=gone"
        }
        unmake() {
          if [ -L "$f" ]; then
            ! m=$(readlink -f "$f" 2>/dev/null) || rm -f "$m"
          else
            rm -f "$f"
          fi
        }
        undo() {
          i=0 lost=
          while [ "$i" -lt "$count" ]; do
            open "$i"
            eval "action=\$a_$i top=\$m_$i"
            case $action$kept in
              over1) { take "$n" <&9 >"$f"; } 2>/dev/null ;;
              *) take "$n" <&9 >/dev/null 2>&1 ;;
            esac
            case $action in
              new) unmake ;;
              gone) mv -f "$moved" "$f" 2>/dev/null ;;
            esac
            while [ -n "$top" ] && rmdir "$d" 2>/dev/null && [ "$d" != "$top" ]; do
              d=${d%/*}
            done
            [ -z "$action" ] || is_as_seen || lost="$lost $i"
            i=$((i + 1))
          done
        }

        IFS=$nl
        for line in $plan; do
          IFS=' '
          set -- $line
          open "$2"
          is_as_seen || { echo "changed $2"; exit; }
        done
        trap '' HUP INT TERM
        IFS=$nl
        for line in $plan; do
          IFS=' '
          set -- $line
          open "$2"
          case $1 in
            write) put "$2" "$3" "$4" ;;
            *) remove "$2" ;;
          esac || {
            failed=$2
            first_line
            undo
            echo "${lost:+half-}failed $failed $error"
            exit
          }
        done
        echo done
        i=0
        while [ "$i" -lt "$count" ]; do
          open "$i"
          eval "action=\$a_$i"
          case $action in
            gone) rm -f "$moved" ;;
            over | new) echo "$i $(identity) $(stamp)" ;;
          esac
          i=$((i + 1))
        done
        """;
}
