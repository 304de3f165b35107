"""The words of web pages that are not the article: menus, buttons, footers, labels.

Whole lines are compared, in small letters and without punctuation at the edges; a
word here never removes anything from inside a paragraph.
"""

# ruff: noqa: E501  lists of words in other scripts are as wide as they are
from __future__ import annotations


def _list(text: str) -> frozenset[str]:
    lines = (part.strip().casefold() for part in text.replace("\n", "|").split("|"))
    return frozenset(filter(None, lines))


# Menus and page heads: they stand before the article, and again below it.
MENU = _list("""
logo|site logo|home|homepage|home page|about|about us|contact|contact us|contacts
get in touch|search|search for|search...|menu|main menu|open menu|close menu|close
menu close|close search|open search|標誌|標誌圖|网站标志|網站標誌|标识图|toggle navigation|toggle menu|toggle search|navigation|main navigation|skip to content
skip to main content|skip navigation|jump to content|login|log in|log out|logout|sign in
sign up|signin|signup|register|join|join us|join now|my account|account|profile
subscribe|subscribe now|newsletter|newsletters|blog|news|latest news|shop|store|cart
basket|checkout|wishlist|faq|faqs|help|support|donate|donate now|support us
become a member|membership|careers|jobs|advertise|advertise with us|press|media|team
our team|podcast|podcasts|video|videos|events|categories|category|topics|sections
archive|archives|all articles|articles|all posts|posts|resources|services|features
gallery|dark mode|light mode|dark theme|language|languages|english|español|français
deutsch|italiano|português|русский|العربية|فارسی|עברית|中文|日本語|en|it|es|fr|de|ru|ar
open in app|write|start writing|collection notice|get the app|download app|download the app|premium|go premium|pricing|get started
calendar|jobs|companies|forum|forums|community|photos|stories|courses|tickets|explore
browse|discover|marketplace|learn more|view all|see all|more|back|back to blog|back to home|go back|rss|rss feed
inicio|página principal|portada|sobre nosotros|quiénes somos|acerca de|acerca de nosotros
contacto|contáctanos|contáctenos|buscar|búsqueda|menú|abrir menú|cerrar|iniciar sesión
entrar|acceder|registrarse|regístrate|crear cuenta|suscribirse|suscríbete|boletín
noticias|tienda|carrito|ayuda|categorías|categoría|artículos|saltar al contenido
ir al contenido|mi cuenta|temas|archivo|todos los artículos
pagina iniziale|chi siamo|su di noi|contatti|contattaci|cerca|ricerca|apri menu
chiudi|accedi|registrati|iscriviti|abbonati|notizie|negozio|carrello|aiuto
categorie|categoria|articoli|vai al contenuto|salta al contenuto|il mio account|temi
argomenti|archivio|tutti gli articoli|redazione|pubblicità
accueil|à propos|a propos|qui sommes-nous|nous contacter|contactez-nous|contactez nous
rechercher|recherche|fermer|ouvrir le menu|connexion|se connecter|s'inscrire|inscription
s'abonner|abonnez-vous|actualités|boutique|panier|aide|catégories|catégorie
aller au contenu|aller au contenu principal|mon compte|thèmes|rubriques|tous les articles
startseite|über uns|über mich|kontakt|suche|suchen|menü|hauptmenü|schließen|anmelden
einloggen|abmelden|registrieren|abonnieren|nachrichten|aktuelles|warenkorb|hilfe
kategorien|kategorie|artikel|zum inhalt springen|zum inhalt|mein konto|themen|archiv
alle artikel|spenden
главная|главная страница|на главную|о нас|о проекте|о сайте|контакты|связаться с нами
обратная связь|поиск|искать|меню|закрыть|войти|вход|выйти|регистрация
зарегистрироваться|подписаться|подписка|рассылка|новости|блог|магазин|корзина|помощь
категории|рубрики|статьи|логотип|темы|архив|все статьи|мой аккаунт|личный кабинет
перейти к содержимому|перейти к содержанию|реклама
الرئيسية|الصفحة الرئيسية|من نحن|عنا|حول|حول الموقع|عن الموقع|اتصل بنا|تواصل معنا|اتصل
بحث|ابحث|البحث|القائمة|قائمة|إغلاق|تسجيل الدخول|دخول|تسجيل|إنشاء حساب|تسجيل الخروج
اشترك|اشتراك|اشترك الآن|النشرة البريدية|الأخبار|أخبار|المدونة|مدونة|المتجر|السلة
المساعدة|مساعدة|الأقسام|أقسام|التصنيفات|المقالات|مقالات|شعار|الشعار|تخطي إلى المحتوى
انتقل إلى المحتوى|حسابي|الأرشيف|المواضيع
דף הבית|עמוד הבית|בית|ראשי|אודות|אודותינו|מי אנחנו|צור קשר|צרו קשר|יצירת קשר|חיפוש|חפש
תפריט|סגור|סגירה|התחברות|התחבר|כניסה|הרשמה|הירשם|הירשמו|הצטרפו|ניוזלטר|חדשות|בלוג
חנות|עגלה|סל קניות|עזרה|קטגוריות|מאמרים|כתבות|לוגו|דלג לתוכן|דילוג לתוכן|החשבון שלי
خانه|صفحه اصلی|صفحه نخست|درباره ما|درباره|تماس با ما|تماس|جستجو|جست‌وجو|جست و جو|منو
فهرست|بستن|ورود|ثبت نام|ثبت‌نام|ورود به سایت|خروج|عضویت|اشتراک|خبرنامه|اخبار|وبلاگ
فروشگاه|سبد خرید|راهنما|دسته‌بندی‌ها|دسته بندی ها|مقالات|مقاله‌ها|لوگو|حساب کاربری
پرش به محتوا|رفتن به محتوا|آرشیو|موضوعات
首页|首頁|主页|主頁|关于|关于我们|關於我們|關於|联系我们|聯絡我們|联系|聯繫我們|搜索|搜尋|菜单
選單|菜單|关闭|關閉|登录|登入|登錄|注册|註冊|订阅|訂閱|新闻|新聞|博客|部落格|商店|购物车
帮助|幫助|分类|分類|文章|标志|标识|徽标|跳至内容|跳到内容|跳至正文|我的账户|专题|导航|返回
ホーム|トップ|トップページ|会社概要|私たちについて|当サイトについて|このサイトについて|運営者情報|運営会社
お問い合わせ|お問合せ|検索|メニュー|閉じる|ログイン|ログアウト|新規登録|会員登録|購読|メルマガ|登録
ニュース|ブログ|ショップ|カート|ヘルプ|カテゴリー|カテゴリ|記事一覧|記事|ロゴ|コンテンツへスキップ
本文へスキップ|マイページ|サイトマップ
início|página inicial|sobre|sobre nós|quem somos|contato|contacto|fale conosco|contate-nos
pesquisar|pesquisa|busca|fechar|entrar|iniciar sessão|cadastre-se|cadastrar|registar
assinar|assine|inscreva-se|notícias|loja|carrinho|ajuda|categorias|artigos
ir para o conteúdo|pular para o conteúdo|minha conta
over ons|zoeken|inloggen|aanmelden|registreren|abonneren|nieuws|winkel|winkelwagen
categorieën|artikelen|naar de inhoud|sluiten|головна|про нас|контакти|пошук|увійти
підписатися|новини|категорії|статті|ana sayfa|anasayfa|hakkımızda|iletişim|ara|giriş yap|strona główna|o nas|szukaj|سرورق|ہمارے بارے میں|رابطہ|تلاش|مینو|لاگ ان
""")

# Buttons of an article; they also stand in the middle of one.
BUTTONS = _list("""
share|share this|share this article|share this post|share this story|share article
share this page|share this:|share via|share on|tweet|tweet this|pin|pin it|email this
print|print this|print this article|print article|copy link|copy url|link copied
save|save article|save for later|bookmark|like|like this|likes|follow|follow us
follow us on|listen|listen to article|listen to this article|play audio|comment|comments
no comments|add comment|leave a comment|advertisement|advertisements|ad|ads|sponsored
sponsored content|promoted|continue reading|continue reading below|read more|show more
article continues below|story continues below|scroll to continue|scroll down|back to top
scroll to top|go to top|return to top|top|translate|report|give feedback|was this helpful?
was this article helpful?|sign up for our newsletter|subscribe to our newsletter
join our newsletter|get our newsletter|your email|your email address|email address
enter your email|enter your email address|send|submit|ok|thank you for reading
image|photo|image credit|loading|loading...
compartir|comparte|compartir artículo|comparte este artículo|compartir en|tuitear|imprimir
guardar|me gusta|seguir|síguenos|escuchar|comentar|comentarios|publicidad|anuncio
leer más|seguir leyendo|volver arriba|copiar enlace|suscríbete a nuestro boletín
tu correo electrónico|enviar
condividi|condividi su|condividi questo articolo|condividi l'articolo|twitta|stampa|salva
mi piace|segui|seguici|ascolta|ascolta l'articolo|commenta|commenti|pubblicità|annuncio
leggi di più|leggi tutto|continua a leggere|torna su|torna all'inizio|copia link
iscriviti alla newsletter|la tua email|invia
partager|partager sur|partager cet article|partagez|partagez cet article|tweeter|imprimer
enregistrer|j'aime|suivre|suivez-nous|écouter|écouter l'article|commenter|commentaires
publicité|annonce|lire la suite|lire plus|en savoir plus|haut de page|retour en haut
copier le lien|inscrivez-vous à notre newsletter|votre e-mail|envoyer
teilen|artikel teilen|teilen auf|diesen artikel teilen|twittern|drucken|speichern|merken
gefällt mir|folgen|folgen sie uns|folge uns|anhören|artikel anhören|kommentieren
kommentare|werbung|anzeige|weiterlesen|mehr lesen|mehr erfahren|nach oben|link kopieren
per e-mail versenden|per e-mail teilen|newsletter abonnieren|ihre e-mail-adresse|absenden
поделиться|поделиться статьей|поделитесь|твитнуть|печать|распечатать|сохранить|нравится
подписывайтесь|подпишитесь|слушать|прослушать|комментировать|комментарии|реклама
читать далее|читать дальше|читать полностью|наверх|вверх|копировать ссылку|отправить
подпишитесь на рассылку|подпишитесь на нашу рассылку
شارك|مشاركة|شارك المقال|شارك هذا المقال|شاركها|غرد|طباعة|حفظ|أعجبني|تابعنا|استمع|تعليق
تعليقات|أضف تعليقا|أضف تعليقًا|إعلان|إعلانات|اقرأ المزيد|المزيد|أكمل القراءة|نسخ الرابط
العودة إلى الأعلى|إلى الأعلى|إرسال|اشترك في النشرة البريدية|اشترك في نشرتنا البريدية
שתף|שתפו|שיתוף|שתפו את הכתבה|שתפו את המאמר|צייץ|הדפסה|הדפס|שמור|אהבתי|עקבו אחרינו|האזנה
האזינו|תגובה|תגובות|הוסף תגובה|פרסומת|מודעה|קרא עוד|קראו עוד|המשך קריאה|חזרה למעלה|העתק קישור
שלח|הירשמו לניוזלטר
اشتراک‌گذاری|اشتراک گذاری|به اشتراک بگذارید|هم‌رسانی|توییت|چاپ|ذخیره|پسندیدن|دنبال کنید
ما را دنبال کنید|گوش دهید|دیدگاه|دیدگاه‌ها|نظر|نظرات|تبلیغات|آگهی|بیشتر بخوانید|ادامه مطلب
ادامه|بازگشت به بالا|کپی لینک|ارسال|در خبرنامه ما عضو شوید
阅读原文|點讚|在看|赞|写留言|喜欢此内容的人还喜欢|分享|分享到|分享本文|分享文章|转发|打印|列印|收藏|点赞|關注|关注|关注我们|追蹤我們|收听|评论|評論
留言|广告|廣告|阅读更多|閱讀更多|查看更多|继续阅读|繼續閱讀|回到顶部|返回顶部|回到頂部|复制链接
複製連結|提交|发送|订阅我们的通讯
シェア|シェアする|共有|共有する|この記事をシェア|この記事をシェアする|ツイート|ツイートする|印刷|保存|いいね
いいね!|フォロー|フォローする|フォローする|聴く|コメント|コメントする|コメントを残す|広告|スポンサーリンク
続きを読む|もっと読む|もっと見る|トップへ戻る|ページトップへ|リンクをコピー|送信|はてなブックマーク
compartilhar|compartilhe|compartilhe este artigo|partilhar|tuitar|salvar|curtir|siga-nos
ouvir|comentários|publicidade|anúncio|leia mais|continue lendo|voltar ao topo|copiar link
delen|deel dit artikel|afdrukken|opslaan|volg ons|luister|reacties|advertentie|lees meer
lees verder|terug naar boven|поділитися|коментарі|читати далі|شیئر کریں
""")

NETWORKS = _list("""
facebook|twitter|x|x (twitter)|linkedin|whatsapp|telegram|instagram|youtube|tiktok|reddit
pinterest|mastodon|bluesky|threads|tumblr|email|e-mail|mail|snapchat|messenger|line|weibo
wechat|medium|vk|vkontakte|вконтакте|вк|одноклассники|viber|signal|discord|pocket|flipboard
فيسبوك|تويتر|واتساب|واتس آب|تلغرام|تيليجرام|إنستغرام|انستغرام|لينكد إن|يوتيوب|توییتر
فیسبوک|تلگرام|واتساپ|اینستاگرام|פייסבוק|טוויטר|וואטסאפ|טלגרם|אינסטגרם|微信|微博|朋友圈
フェイスブック|ツイッター|ライン|البريد الإلكتروني|ایمیل|אימייל|correo|correo electrónico
""")

# Page feet; an article never ends in them.
FOOT = _list("""
privacy|privacy policy|privacy notice|privacy & cookies|privacy and cookies|terms
terms of service|terms of use|terms & conditions|terms and conditions|terms & privacy
cookie|cookies|cookie policy|cookie settings|cookie preferences|cookie notice
manage cookies|manage preferences|accept|accept all|accept cookies|accept all cookies
i accept|i agree|agree|got it|got it!|reject|reject all|decline|deny|customize
necessary only|all rights reserved|sitemap|site map|imprint|legal|legal notice|disclaimer
accessibility|accessibility statement|copyright|do not sell my personal information
do not sell my info|quick links|useful links|links|site links|company|connect|connect with us|information
customer service|enlaces|enlaces útiles|link utili|liens utiles|nützliche links
полезные ссылки|روابط سريعة|روابط مفيدة|קישורים|پیوندها|پیوندهای مفید|友情链接|リンク
media contact|press contact|media contacts|press office|editorial policy|corrections|write for us|unsubscribe|made with love
política de privacidad|privacidad|aviso legal|términos|términos y condiciones
términos de uso|condiciones de uso|política de cookies|aceptar|aceptar todo|aceptar cookies
rechazar|configurar|todos los derechos reservados|mapa del sitio|accesibilidad
informativa sulla privacy|informativa privacy|politica sulla privacy|termini
termini e condizioni|termini di servizio|condizioni d'uso|note legali|accetta|accetta tutti
accetta tutto|rifiuta|tutti i diritti riservati|mappa del sito|informativa sui cookie
preferenze cookie|accessibilità
politique de confidentialité|confidentialité|mentions légales|conditions générales
conditions d'utilisation|conditions générales d'utilisation|cgu|politique de cookies
gestion des cookies|gérer les cookies|accepter|tout accepter|refuser|tout refuser
tous droits réservés|plan du site|accessibilité
datenschutz|datenschutzerklärung|impressum|agb|nutzungsbedingungen|cookie-richtlinie
cookie-einstellungen|akzeptieren|alle akzeptieren|ablehnen|alle rechte vorbehalten
barrierefreiheit|haftungsausschluss
политика конфиденциальности|конфиденциальность|условия использования|правила сайта
пользовательское соглашение|политика cookie|файлы cookie|принять|принять все|отклонить
все права защищены|карта сайта|правовая информация|редакционная политика
سياسة الخصوصية|الخصوصية|شروط الاستخدام|الشروط والأحكام|شروط الخدمة|الشروط
سياسة ملفات تعريف الارتباط|ملفات تعريف الارتباط|قبول|موافق|أوافق|قبول الكل|رفض
جميع الحقوق محفوظة|كل الحقوق محفوظة|خريطة الموقع|إخلاء المسؤولية
מדיניות פרטיות|מדיניות הפרטיות|פרטיות|תנאי שימוש|תנאי השימוש|תקנון|מדיניות עוגיות|עוגיות
אישור|מאשר|אני מסכים|קבל הכל|דחה|כל הזכויות שמורות|מפת אתר|מפת האתר|נגישות|הצהרת נגישות
حریم خصوصی|سیاست حفظ حریم خصوصی|سیاست حریم خصوصی|قوانین و مقررات|شرایط استفاده
شرایط و قوانین|قوانین|سیاست کوکی|کوکی‌ها|پذیرفتن|می‌پذیرم|قبول می‌کنم|رد کردن
تمامی حقوق محفوظ است|تمام حقوق محفوظ است|کلیه حقوق محفوظ است|نقشه سایت|سلب مسئولیت
隐私政策|隱私政策|隐私|隱私權政策|隐私条款|使用条款|使用條款|服务条款|服務條款|条款|cookie政策
cookie 政策|接受|同意|全部接受|拒绝|版权所有|版權所有|保留所有权利|保留所有權利|网站地图|網站地圖
免责声明|免責聲明|法律声明
プライバシーポリシー|プライバシー|個人情報保護方針|利用規約|特定商取引法に基づく表記|クッキーポリシー
cookieポリシー|同意する|承諾|すべて許可|拒否|無断転載を禁じます|無断転載禁止|免責事項|著作権
política de privacidade|privacidade|termos|termos de uso|termos e condições|aceitar
aceitar todos|recusar|todos os direitos reservados|mapa do site|acessibilidade
privacybeleid|algemene voorwaarden|cookiebeleid|accepteren|alles accepteren|weigeren
alle rechten voorbehouden|політика конфіденційності|умови використання|усі права захищені
رازداری کی پالیسی|جملہ حقوق محفوظ ہیں
""")

# What follows one of these belongs to other articles.
RELATED = _list("""
related|related articles|related posts|related stories|related content|related reading
related news|related topics|you may also like|you might also like|you may also enjoy
you might also enjoy|you may like|more like this|more articles|more stories|more from us
more to read|more to explore|read next|read also|also read|what to read next|up next
next up|recommended|recommended for you|recommended articles|recommended reading
recommended posts|latest articles|latest posts|latest stories|latest|recent posts
recent articles|popular|popular posts|popular articles|most popular|most read|trending
trending now|editor's picks|editors' picks|don't miss|in other news|keep reading
further articles|similar articles|similar posts|other articles|explore more|discover more
previous article|next article|previous post|next post|previous|next|leave a reply
leave a comment|post a comment|post navigation|beitrags-navigation|beitragsnavigation
navigazione articoli|navegación de entradas|navigation de l'article|навигация по записям|join the conversation|comments|about the author
artículos relacionados|entradas relacionadas|noticias relacionadas|relacionados
también te puede interesar|te puede interesar|te podría interesar|quizás te interese
lee también|leer también|más artículos|más leídos|lo más leído|recomendados
últimos artículos|artículo anterior|artículo siguiente|siguiente artículo
deja un comentario|sobre el autor|sobre la autora
articoli correlati|articoli simili|potrebbe interessarti|potrebbe interessarti anche
ti potrebbe interessare|ti potrebbe interessare anche|ti potrebbero interessare
leggi anche|altri articoli|i più letti|più letti|consigliati|ultimi articoli
articolo precedente|articolo successivo|prossimo articolo|lascia un commento
sull'autore|sull'autrice
articles similaires|articles connexes|articles liés|à lire aussi|a lire aussi
à lire également|lire aussi|vous aimerez aussi|vous pourriez aussi aimer
vous pourriez aimer|autres articles|les plus lus|les plus populaires|recommandés
derniers articles|article précédent|article suivant|laisser un commentaire
à propos de l'auteur|sur le même sujet
ähnliche artikel|verwandte artikel|ähnliche beiträge|verwandte beiträge|passend dazu
das könnte sie auch interessieren|das könnte dich auch interessieren|auch interessant
lesen sie auch|lies auch|mehr zum thema|weitere artikel|meistgelesen|beliebte artikel
empfohlen|neueste artikel|neueste beiträge|vorheriger artikel|nächster artikel
vorheriger beitrag|nächster beitrag|kommentar hinterlassen|über den autor|über die autorin
похожие статьи|похожие записи|похожие материалы|читайте также|читать также|смотрите также
статьи по теме|по теме|материалы по теме|вам может понравиться|вам может быть интересно
рекомендуем|рекомендуемые статьи|популярное|популярные статьи|последние статьи
предыдущая статья|следующая статья|оставить комментарий|об авторе|другие статьи
مقالات ذات صلة|مواضيع ذات صلة|ذات صلة|مقالات مشابهة|مقالات متعلقة|قد يعجبك أيضا
قد يعجبك أيضًا|قد يهمك أيضا|قد يهمك أيضًا|قد يهمك|اقرأ أيضا|اقرأ أيضًا|المزيد من المقالات
الأكثر قراءة|الأكثر مشاهدة|مقالات أخرى|أحدث المقالات|المقال السابق|المقال التالي|عن الكاتب
عن الكاتبة|اترك تعليقا|اترك تعليقًا|مقترحات
מאמרים קשורים|כתבות קשורות|מאמרים נוספים|כתבות נוספות|אולי יעניין אותך|אולי יעניין אתכם
עוד בנושא|קראו גם|קרא גם|המאמר הקודם|המאמר הבא|הנקראים ביותר|מומלצים|על המחבר|על המחברת
השאר תגובה|השארת תגובה
مطالب مرتبط|مقالات مرتبط|مقاله‌های مرتبط|نوشته‌های مرتبط|مطالب مشابه|مقالات مشابه
شاید بپسندید|شاید دوست داشته باشید|همچنین بخوانید|بیشتر بخوانید|پربازدیدترین‌ها|پربازدیدها
مطالب پیشنهادی|آخرین مطالب|مطلب قبلی|مطلب بعدی|درباره نویسنده|دیدگاهتان را بنویسید
相关文章|相關文章|相关阅读|相關閱讀|延伸阅读|延伸閱讀|推荐阅读|推薦閱讀|推荐文章|猜你喜欢|你可能也喜欢
您可能也喜欢|你可能喜歡|热门文章|熱門文章|最新文章|更多文章|上一篇|下一篇|关于作者|發表評論|发表评论
関連記事|関連記事一覧|おすすめ記事|おすすめの記事|こちらもおすすめ|あわせて読みたい|合わせて読みたい|人気記事
人気の記事|最新記事|新着記事|前の記事|次の記事|この記事を書いた人|著者について|ランキング
artigos relacionados|posts relacionados|leia também|você também pode gostar|veja também
mais lidos|últimos artigos|artigo anterior|próximo artigo|deixe um comentário|sobre o autor
gerelateerde artikelen|lees ook|misschien vind je dit ook leuk|meest gelezen
схожі статті|читайте також|متعلقہ مضامین|یہ بھی پڑھیں
""")

# Before a colon, inside an article: what follows is another one's title.
TEASERS = _list("""
read more|read also|also read|see also|related|related article|related story|don't miss|watch
recommended|recommended reading|lee también|leer también|lea también|te puede interesar
leggi anche|leggi di più|potrebbe interessarti|à lire aussi|lire aussi|a lire aussi|voir aussi
lesen sie auch|lies auch|mehr dazu|siehe auch|lesetipp|читайте также|читать также|смотрите также
اقرأ أيضا|اقرأ أيضًا|قد يهمك|قد يهمك أيضا|קראו גם|קראו עוד|بیشتر بخوانید|همچنین بخوانید
相关阅读|延伸阅读|延伸閱讀|相关文章|あわせて読みたい|関連記事|こちらもおすすめ|leia também|leia mais
lees ook|читайте також
""")

# The word before tags that have no "#".
TAG_LABELS = _list("""
tags|tag|tagged|archivado en|archiviato in|filed under|filed in|abgelegt unter|classé dans|tagged with|tagged in|hashtags|hashtag|keywords|filed under tags
etiquetas|palabras clave|etichette|parole chiave|étiquettes|mots-clés|mots clés
schlagwörter|schlagworte|stichwörter|теги|метки|хештеги|хэштеги|ключевые слова|الوسوم|وسوم
الكلمات المفتاحية|كلمات مفتاحية|كلمات دلالية|هاشتاغ|תגיות|תגים|מילות מפתח|برچسب‌ها|برچسب ها
برچسب|کلیدواژه‌ها|标签|標籤|关键词|關鍵詞|关键字|タグ|キーワード|ハッシュタグ|palavras-chave
trefwoorden|теґи|мітки|ٹیگز
""")
CATEGORY_LABELS = _list("""
category|categories|filed under|filed in|posted in|section|topic|topics|in category
categoría|categorías|sección|tema|archivado en|publicado en|categoria|categorie|sezione
argomento|archiviato in|catégorie|catégories|rubrique|thème|classé dans|kategorie
kategorien|rubrik|thema|abgelegt unter|категория|категории|рубрика|раздел|тема|القسم|قسم
التصنيف|تصنيف|الفئة|الموضوع|קטגוריה|קטגוריות|נושא|מדור|دسته|دسته‌بندی|دسته بندی|موضوع|بخش
分类|分類|栏目|欄目|类别|類別|カテゴリ|カテゴリー|ジャンル|seção|tópico|rubriek|категорія|زمرہ
""")
# Lines like these are categories when they stand alone above or below a title.
TOPICS = _list("""
press release|exclusive|breaking|breaking news|longread|comunicato stampa|nota de prensa
communiqué de presse|pressemitteilung|пресс-релиз|بيان صحفي|הודעה לעיתונות|新闻稿|プレスリリース
psychology|health|mental health|wellness|wellbeing|well-being|relationships|relationship
love|sex|sexuality|dating|marriage|family|parenting|lifestyle|science|technology|tech
culture|arts|art|books|libros|libri|livres|bücher|книги|كتب|ספרים|کتاب|书评|music|film|travel|food|cooking|recipes|sport|sports|fitness
nutrition|politics|world|business|economy|finance|money|education|environment|climate
nature|history|opinion|society|religion|philosophy|fashion|beauty|home & garden|garden
gardening|news|research|guides|guide|how-to|tips|interview|interviews|analysis|essay
review|reviews|feature|features|trauma|self-care|self care|lgbtq|lgbtq+|lesbian|gay
bisexual|transgender|trans|queer|energy|space|medicine|law|careers|work|design
psicología|salud|salud mental|bienestar|relaciones|amor|sexualidad|familia|estilo de vida
ciencia|tecnología|cultura|viajes|cocina|deportes|política|economía|educación|opinión
sociedad|historia|medio ambiente|psicologia|salute|salute mentale|benessere|relazioni
amore|sessualità|famiglia|stile di vita|scienza|scienze|tecnologia|viaggi|cucina|sport
politica|economia|educazione|istruzione|opinioni|società|storia|ambiente|psychologie
santé|santé mentale|bien-être|relations|amour|sexualité|famille|mode de vie|science
sciences|technologie|culture|voyage|voyages|cuisine|politique|économie|éducation|opinion
société|histoire|environnement|gesundheit|psyche|beziehung|beziehungen|liebe|sexualität
familie|lebensstil|wissenschaft|technik|kultur|reisen|kochen|politik|wirtschaft|bildung
meinung|gesellschaft|geschichte|umwelt|ernährung|психология|здоровье|отношения|любовь
секс|семья|стиль жизни|наука|технологии|культура|путешествия|еда|кулинария|спорт
политика|экономика|образование|мнение|общество|история|экология|природа|علم النفس|صحة
الصحة|الصحة النفسية|علاقات|العلاقات|حب|أسرة|الأسرة|عائلة|أسلوب حياة|علوم|العلوم|تقنية
تكنولوجيا|ثقافة|سفر|طعام|رياضة|سياسة|اقتصاد|تعليم|رأي|مجتمع|تاريخ|بيئة|פסיכולוגיה|בריאות
בריאות הנפש|זוגיות|יחסים|אהבה|משפחה|סגנון חיים|מדע|טכנולוגיה|תרבות|תיירות|אוכל|ספורט
פוליטיקה|כלכלה|חינוך|דעות|חברה|היסטוריה|סביבה|روانشناسی|روان‌شناسی|سلامت|سلامت روان
روابط|عشق|خانواده|سبک زندگی|علم|دانش|فناوری|فرهنگ|سفر|آشپزی|ورزش|سیاست|اقتصاد|آموزش
جامعه|تاریخ|محیط زیست|心理|心理学|健康|心理健康|情感|两性|爱情|家庭|生活|科学|科技|文化|旅行
美食|体育|政治|经济|教育|观点|社会|历史|环境|心理學|科學|社會|恋愛|性|家族|ライフスタイル|科学
技術|テクノロジー|旅行|料理|スポーツ|経済|教育|意見|環境|メンタルヘルス|saúde|bem-estar
relacionamentos|tecnologia|viagens|esportes|educação|opinião|sociedade|gezondheid|relaties
wetenschap|samenleving|психологія|здоров'я|стосунки
""")
# Headings so general that they cannot be a title.
GENERAL = _list("""
introduction|overview|summary|conclusion|conclusions|background|abstract|foreword|preface
contents|table of contents|references|sources|notes|faq|tl;dr|key takeaways|takeaways
introducción|resumen|conclusión|conclusiones|introduzione|riassunto|conclusione
conclusioni|introduction|résumé|conclusion|einleitung|einführung|zusammenfassung|fazit
введение|заключение|выводы|вывод|итоги|مقدمة|خاتمة|الخلاصة|ملخص|הקדמה|מבוא|סיכום|مقدمه
نتیجه‌گیری|خلاصه|جمع‌بندی|引言|前言|简介|总结|结论|結論|はじめに|まとめ|おわりに|introdução
conclusão|inleiding|conclusie|вступ|висновок|висновки
""")
SUMMARY_LABELS = _list("""
summary|tl;dr|tldr|tl dr|in short|in brief|abstract|the short version|key points|at a glance
resumen|en resumen|en breve|riassunto|in breve|sintesi|in sintesi|résumé|en bref|en résumé
zusammenfassung|kurz gesagt|kurzfassung|auf einen blick|кратко|коротко|краткое содержание
резюме|ملخص|الملخص|باختصار|الخلاصة|תקציר|בקצרה|خلاصه|چکیده|به‌طور خلاصه|摘要|概要|总结
要約|resumo|em resumo|samenvatting|kort gezegd|стисло|خلاصہ
""")
URL_LABELS = _list("""
source|original source|original|original article|original post|read more at|read more on
read the full article at|full article|full story|read the original at|originally published at
originally published on|originally published in|originally appeared on|originally appeared at
originally posted at|first published at|first published on|published at|url|link|permalink
canonical|canonical url|article url|web|available at|via|fuente|artículo original
publicado originalmente en|leer más en|enlace|fonte|articolo originale|leggi di più su
pubblicato originalmente su|originariamente pubblicato su|lien|article original
publié à l'origine sur|publié initialement sur|lire la suite sur|quelle|originalartikel
ursprünglich veröffentlicht auf|zuerst erschienen auf|weiterlesen auf|mehr lesen auf|источник
оригинал|оригинал статьи|ссылка|впервые опубликовано на|читать далее на|المصدر|مصدر|الرابط
رابط المقال|رابط|نشر في الأصل على|اقرأ المزيد على|מקור|קישור|למאמר המקורי|פורסם במקור ב
منبع|لینک|پیوند|منتشر شده در اصل در|来源|來源|原文|原文链接|原文連結|链接|出典|元記事|引用元
artigo original|publicado originalmente em|bron|oorspronkelijk gepubliceerd op|джерело|ماخذ
""")
