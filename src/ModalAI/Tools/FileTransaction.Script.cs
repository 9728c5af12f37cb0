namespace ModalAI.Tools;

internal sealed partial class FileTransaction
{
    /// <summary>
    /// $1 is the largest content to send, $2 the most to send of all files, then come the files as NEED:PATH. Says of each: its status, the number of bytes that follow, its identity, its stamp, its style.
    /// Then reads what to do: <c>commit ACTIONS BYTES</c>, a line for each action, and the new contents one after the other. All of them are there before the
    /// first file is touched. Two files without a name hold old and new contents: whatever ends the script, they are gone.
    /// Files that are there are overwritten and get shorter only at the end, so that there is always room for their old contents; what was made goes first
    /// when all is undone. Two names of one file (hard links) get one identity. A moved file stays the same one, but for what a symbolic link leads to.
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
          [ "$lines" -eq 0 ] || [ "$lines" -ne "$(tr '\000' . <"$f" | grep -c "$return\$")" ] || style=${style}crlf
        }
        first_line() { error=${error%%"$nl"*}; }
        find_twin() {
          i=0
          while [ "$i" -lt "$count" ]; do
            eval "twin=\$t_$i"
            if [ "$f" -ef "$twin" ] 2>/dev/null; then
              eval "id=\$i_$i"
              return
            fi
            i=$((i + 1))
          done
        }

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
          status= detail= n=0 kept= id=- s=- style=- twin=
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
            if [ "$need" != entry ]; then
              find_twin
              twin=$f
            fi
            if [ "$need" != entry ] && [ "$(size)" -le "$limit" ]; then
              error=$( { head -c "$((limit + 1))" <"$f" >&6; } 2>&1) || status=failed
              n=$(($(cat <&7 | wc -c))) kept=1
              [ "$n" -ge "$(size)" ] || status=failed
              [ "$need" = content ] || style
            fi
            if [ "$status" = failed ]; then
              first_line
              detail="no copy could be made of it: $error"
            fi
          fi
          eval "p_$count=\$f k_$count=\$status n_$count=\$n s_$count=\$s b_$count=\$kept i_$count=\$id t_$count=\$twin a_$count= l_$count= m_$count="
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
          eval "f=\$p_$1 kind=\$k_$1 n=\$n_$1 s=\$s_$1 kept=\$b_$1 action=\$a_$1 like=\$l_$1 top=\$m_$1"
          d=${f%/*}
          d=${d:-/}
          moved=$d/.modalai.$$.$1
        }
        is_as_seen() {
          case $kind in
            file) [ -f "$f" ] && [ "$(stamp)" = "$s" ] ;;
            link) [ -L "$f" ] ;;
            dangling) [ -L "$f" ] && [ ! -e "$f" ] ;;
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
              become_like "$3" "$1" "$4" || return
            fi
          fi
          [ "$4" != rename ] || return 0
          error=$( { take "$2" <&4 1<>"$f"; } 2>&1) || return
          error="only a part could be written"
          [ "$(size)" -ge "$2" ]
        }
        become_like() {
          eval "source=\$p_$1"
          real=$f
          if [ -L "$f" ]; then
            error=$( { : >>"$f"; } 2>&1) || return
            real=$(readlink -f "$f" && echo .)
            real=${real%"$nl".}
          elif [ "$3" != write ] && [ ! -L "$source" ]; then
            error=$(mv -f "$source" "$f" 2>&1) || return
            eval "a_$1=away a_$2=taken l_$2=$1"
            return
          fi
          error=$(cp -p "$source" "$real" 2>&1)
        }
        shorten() { [ "$(size)" -le "$1" ] || error=$(dd of="$f" bs=1 seek="$1" count=0 </dev/null 2>&1); }
        remove() {
          [ "$action" != away ] || return 0
          error=$(mv -f "$f" "$moved" 2>&1) || return
          eval "a_$1=gone"
        }
        unmake() {
          if [ ! -L "$f" ]; then
            rm -f "$f"
          elif [ -e "$f" ]; then
            real=$(readlink -f "$f" && echo .) && rm -f "${real%"$nl".}"
          fi
        }
        undo() {
          i=0 lost=
          while [ "$i" -lt "$count" ]; do
            open "$i"
            case $action in
              new) unmake ;;
              gone) mv -f "$moved" "$f" ;;
              taken)
                eval "source=\$p_$like a_$like=over"
                mv -f "$f" "$source"
                ;;
            esac
            i=$((i + 1))
          done
          i=0
          while [ "$i" -lt "$count" ]; do
            open "$i"
            case $action$kept in
              over1) take "$n" <&9 1<>"$f" && shorten "$n" ;;
              *) take "$n" <&9 >/dev/null ;;
            esac
            [ -z "$action" ] || is_as_seen || lost=1
            i=$((i + 1))
          done
          while [ "$i" -gt 0 ]; do
            i=$((i - 1))
            open "$i"
            while [ -n "$top" ]; do
              rmdir "$d"
              [ "$d" != "$top" ] || break
              d=${d%/*}
            done
          done
        } 2>/dev/null
        give_up() {
          first_line
          reason=$error
          undo
          printf '%s\n' "${lost:+half-}failed $1 $reason"
          exit
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
            delete) remove "$2" ;;
            *) put "$2" "$3" "$4" "$1" ;;
          esac || give_up "$2"
        done
        IFS=$nl
        for line in $plan; do
          IFS=' '
          set -- $line
          open "$2"
          [ "$1" = delete ] || [ "$1" = rename ] || shorten "$3" || give_up "$2"
        done
        echo done
        i=0
        while [ "$i" -lt "$count" ]; do
          open "$i"
          case $action in
            gone) rm -f "$moved" ;;
            over | new | taken) echo "$i $(identity) $(stamp)" ;;
          esac
          i=$((i + 1))
        done
        """;
}
