package eql
import ("testing";"os/exec";"strings";"fmt")
func TestAdhocRules(t *testing.T){
 R:="/work/.mirror/elastic+detection-rules/repo"
 out,err:=exec.Command("git","--git-dir="+R,"grep","-l",`type = "eql"`,"HEAD","--","rules").Output()
 if err!=nil{t.Fatal(err)}
 ok,seq,bad,aws:=0,0,0,0
 longest:=0
 for _,f:=range strings.Fields(string(out)){
  f=strings.TrimPrefix(f,"HEAD:")
  b,_:=exec.Command("git","--git-dir="+R,"show","HEAD:"+f).Output()
  s:=string(b)
  i:=strings.Index(s,"\nquery = '''"); if i<0 {fmt.Println("noquery",f);continue}
  q:=s[i+len("\nquery = '''"):]; q=q[:strings.Index(q,"'''")]
  longest=max(longest,len(q))
  query,err:=Parse(q)
  if err!=nil { 
    if strings.Contains(err.Error(),"several events") {seq++; continue}
    bad++; fmt.Println(f,err); fmt.Println(err.(*SyntaxError).Caret()); continue}
  p,err:=Compile(query)
  if err!=nil {bad++; fmt.Println(f,err); fmt.Println(err.(*CompileError).Caret());continue}
  q2,err:=Parse(query.String()); if err!=nil||q2.String()!=query.String(){t.Error(f,err)}
  ok++
  if strings.Contains(f,"integrations/aws"){aws++; fmt.Println(f, p.Required())}
 }
 fmt.Println("ok",ok,"aws",aws,"seq",seq,"bad",bad,"longest",longest)
}
